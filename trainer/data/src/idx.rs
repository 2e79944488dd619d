//! The IDX format of the MNIST family's files.
//!
//! Each file is a header of big-endian numbers and then bytes, gzipped or not:
//!
//! | offset | bytes | meaning |
//! |---|---|---|
//! | 0 | 2 | zero |
//! | 2 | 1 | type of a value; 8 is an unsigned byte |
//! | 3 | 1 | number of dimensions: 3 for pictures, 1 for labels |
//! | 4 | 4 each | the dimensions: count, then height and width of pictures |

use std::{
    io::{BufRead, Read},
    path::Path,
};

use flate2::read::MultiGzDecoder;

use crate::DataError;

/// Limit on the values of a file: four times as many as the largest file of the family has.
const MAX_FILE_BYTES: u64 = 2 << 30;

/// The type code of unsigned bytes, the only type in the family.
const UNSIGNED_BYTE: u8 = 0x08;

/// Length of a header in bytes.
pub(crate) const fn header_bytes(dimensions: usize) -> usize {
    4 + 4 * dimensions
}

/// Reads an IDX file of unsigned bytes, gzipped or not: the size of each of its `DIMENSIONS` dimensions,
/// and all values. The path is for messages.
///
/// ```
/// let bytes = [0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1];
/// let (sizes, values) = pixling_data::read_idx::<1>("labels".as_ref(), &bytes[..])?;
/// assert_eq!((sizes, values), ([3], vec![7, 2, 1]));
/// # Ok::<(), pixling_data::DataError>(())
/// ```
///
/// # Errors
///
/// [`DataError::Read`], [`DataError::CorruptGzip`], [`DataError::BadFile`] for a header with another type
/// or number of dimensions, a dimension of 0 or more than 2 GiB of values, and [`DataError::Truncated`]
/// or [`DataError::TrailingBytes`] for another length than that of the header.
pub fn read_idx<const DIMENSIONS: usize>(
    path: &Path,
    file: impl BufRead,
) -> Result<([usize; DIMENSIONS], Vec<u8>), DataError> {
    let mut input = Input::new(path, file)?;
    let bad = |offset, problem: String| DataError::BadFile {
        path: path.into(),
        offset,
        problem,
    };

    let header = input.read(header_bytes(DIMENSIONS) as u64)?;
    if header.len() < 4 || header[..2] != [0, 0] {
        let start = &header[..header.len().min(4)];
        return Err(bad(
            0,
            format!("not an idx file: it starts with {start:02x?}, not with 00 00"),
        ));
    }
    if header[2] != UNSIGNED_BYTE {
        return Err(bad(
            2,
            format!(
                "values of type {:#04x}: only unsigned bytes, type 0x08, can be read",
                header[2]
            ),
        ));
    }
    if usize::from(header[3]) != DIMENSIONS {
        let hint = match header[3] {
            1 => " (is this a file of labels?)",
            3 => " (is this a file of pictures?)",
            _ => "",
        };
        return Err(bad(
            3,
            format!(
                "{} dimensions where {DIMENSIONS} are needed{hint}",
                header[3]
            ),
        ));
    }
    if header.len() < header_bytes(DIMENSIONS) {
        let (expected, found) = (header_bytes(DIMENSIONS) as u64, header.len());
        return Err(DataError::Truncated {
            path: path.into(),
            expected,
            found,
        });
    }

    let mut sizes = [0; DIMENSIONS];
    let mut values = 1u64;
    let fields = header[4..].as_chunks::<4>().0;
    for (index, (size, field)) in sizes.iter_mut().zip(fields).enumerate() {
        let offset = header_bytes(index);
        let stated = u32::from_be_bytes(*field);
        if stated == 0 {
            return Err(bad(
                offset,
                "a dimension of 0: there is nothing to load".into(),
            ));
        }
        values = values.saturating_mul(u64::from(stated));
        if values > MAX_FILE_BYTES {
            return Err(bad(
                offset,
                format!(
                    "a dimension of {stated} makes more than {MAX_FILE_BYTES} values: the header is corrupt"
                ),
            ));
        }
        *size = stated as usize;
    }

    // One byte more than the header says, to notice trailing bytes.
    let expected = header.len() as u64 + values;
    let mut data = input.read(values + 1)?;
    if (data.len() as u64) < values {
        let found = header.len() + data.len();
        return Err(DataError::Truncated {
            path: path.into(),
            expected,
            found,
        });
    }
    if data.len() as u64 > values {
        return Err(DataError::TrailingBytes {
            path: path.into(),
            expected,
        });
    }
    data.shrink_to_fit();
    Ok((sizes, data))
}

/// A reader of a file that decompresses gzip, which the first bytes tell, not the name.
struct Input<'a> {
    path: &'a Path,
    reader: Box<dyn Read + 'a>,
    gzipped: bool,
    done: usize,
}

impl<'a> Input<'a> {
    fn new(path: &'a Path, mut file: impl BufRead + 'a) -> Result<Self, DataError> {
        let start = file.fill_buf().map_err(DataError::read(path))?;
        let gzipped = start.starts_with(&[0x1f, 0x8b]);
        let reader: Box<dyn Read + 'a> = if gzipped {
            Box::new(MultiGzDecoder::new(file))
        } else {
            Box::new(file)
        };
        Ok(Self {
            path,
            reader,
            gzipped,
            done: 0,
        })
    }

    /// Reads up to `limit` bytes, fewer at the end. The memory grows with the bytes that are read: a
    /// header alone allocates nothing.
    fn read(&mut self, limit: u64) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        let result = self.reader.by_ref().take(limit).read_to_end(&mut bytes);
        self.done += bytes.len();
        match result {
            Ok(_) => Ok(bytes),
            Err(error) if self.gzipped => Err(DataError::CorruptGzip {
                path: self.path.into(),
                good: self.done,
                problem: error.to_string(),
            }),
            Err(error) => Err(DataError::read(self.path)(error)),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    /// A file of these dimensions and values.
    pub(crate) fn idx(dimensions: &[u32], values: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, UNSIGNED_BYTE, dimensions.len() as u8];
        bytes.extend(dimensions.iter().flat_map(|size| size.to_be_bytes()));
        bytes.extend(values);
        bytes
    }

    /// A gzip of the bytes.
    pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// A file of pictures, 3 wide and 2 high.
    pub(crate) fn pictures(count: u8) -> Vec<u8> {
        let values: Vec<u8> = (0..count * 6).collect();
        idx(&[count.into(), 2, 3], &values)
    }

    /// The error of a file of pictures.
    #[track_caller]
    fn complaint(bytes: &[u8]) -> String {
        let read = read_idx::<3>("train-images-idx3-ubyte".as_ref(), bytes);
        read.unwrap_err().to_string()
    }

    #[test]
    fn files_that_are_not_idx_are_refused() {
        let text = complaint(b"<html>");
        assert_eq!(
            text,
            "train-images-idx3-ubyte: offset 0: not an idx file: it starts with [3c, 68, 74, 6d], not with 00 00"
        );
        let empty = complaint(b"");
        assert!(empty.contains("offset 0: not an idx file: it starts with []"));
    }

    #[test]
    fn another_value_type_is_refused() {
        let mut bytes = pictures(4);
        bytes[2] = 0x0d;
        assert_eq!(
            complaint(&bytes),
            "train-images-idx3-ubyte: offset 2: values of type 0x0d: only unsigned bytes, type 0x08, can be read"
        );
    }

    #[test]
    fn a_truncated_file_is_told_both_lengths() {
        let bytes = pictures(4);
        for length in [4, 15, 16, 39] {
            let refused = complaint(&bytes[..length]);
            let expected = if length < 16 { 16 } else { 40 };
            assert_eq!(
                refused,
                format!(
                    "train-images-idx3-ubyte: truncated: its header promises {expected} bytes, it has {length}: fetch the file again"
                )
            );
            let refused = complaint(&gzip(&bytes[..length]));
            assert!(refused.contains(&format!("it has {length}")));
        }
    }

    #[test]
    fn trailing_bytes_are_refused() {
        let mut bytes = pictures(4);
        bytes.extend([0; 9]);
        let expected = "train-images-idx3-ubyte: bytes after the end: its header promises 40 bytes, it goes on at offset 40: fetch the file again";
        assert_eq!(complaint(&bytes), expected);
        assert_eq!(complaint(&gzip(&bytes)), expected);
    }

    #[test]
    fn a_header_cannot_make_us_allocate() {
        let huge = complaint(&idx(&[u32::MAX; 3], &[]));
        assert!(huge.contains("offset 4: a dimension of 4294967295 makes more than"));
        let large = complaint(&idx(&[1 << 30, 2, 1], &[1, 2]));
        assert!(large.contains("promises 2147483664 bytes, it has 18"));
    }

    #[test]
    fn an_empty_dimension_is_refused() {
        let refused = complaint(&idx(&[0, 2, 3], &[]));
        assert!(refused.contains("offset 4: a dimension of 0"));
    }

    #[test]
    fn a_damaged_gzip_is_refused() {
        let whole = gzip(&pictures(4));
        for cut in [2, 12, whole.len() - 1] {
            let refused = complaint(&whole[..cut]);
            assert!(refused.contains(": corrupt gzip after "), "{refused}");
        }
        let mut damaged = whole.clone();
        let checksum = whole.len() - 8;
        damaged[checksum] ^= 1;
        let refused = complaint(&damaged);
        assert!(refused.contains(": corrupt gzip after "), "{refused}");
        let refused = complaint(&[whole, b"junk".to_vec()].concat());
        assert!(refused.contains(": corrupt gzip after "), "{refused}");
    }
}
