//! Windows of a picture as the columns of a matrix, and back.

use crate::nn::geometry::Geometry;
use std::ops::Range;

/// A row of the matrix of columns, within which each picture of a group has `features.plane()` elements.
///
/// The matrix has `geometry.window()` rows of `stride` elements; a picture's part of each row starts at `start`.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Elements of a row: features of all pictures of the group.
    pub(super) stride: usize,
    /// Where this picture's features start in a row.
    pub(super) start: usize,
}

/// The positions (of `positions`) at which a kernel offset meets the picture's `size` elements, not its padding.
fn inside(geometry: &Geometry, positions: usize, size: usize, offset: usize) -> Range<usize> {
    let Geometry {
        stride, padding, ..
    } = *geometry;
    let end = (size + padding)
        .saturating_sub(offset)
        .div_ceil(stride)
        .min(positions);
    let start = padding.saturating_sub(offset).div_ceil(stride).min(end);
    start..end
}

/// One row of the matrix: a kernel offset in a channel, and where the features meet the picture there.
///
/// The features inside form a rectangle of `height` x `width`; feature `(y, x)` of it is `columns_start + y *
/// columns_pitch + x` in the matrix and `picture_start + y * picture_pitch + x * stride` in the picture.
struct Row {
    /// The row's part of the matrix that belongs to the picture.
    elements: Range<usize>,
    height: usize,
    width: usize,
    columns_start: usize,
    columns_pitch: usize,
    picture_start: usize,
    picture_pitch: usize,
}

impl Row {
    fn is_whole(&self) -> bool {
        self.height * self.width == self.elements.len()
    }
}

fn rows(geometry: &Geometry, place: Place) -> impl Iterator<Item = Row> {
    let Geometry {
        picture,
        features,
        kernel,
        stride,
        padding,
    } = *geometry;
    let geometry = *geometry;
    (0..geometry.window()).map(move |index| {
        let (channel, offset_y, offset_x) = (
            index / (kernel * kernel),
            index / kernel % kernel,
            index % kernel,
        );
        let start = index * place.stride + place.start;
        let rows = inside(&geometry, features.height, picture.height, offset_y);
        let columns = inside(&geometry, features.width, picture.width, offset_x);
        let mut row = Row {
            elements: start..start + features.plane(),
            height: 0,
            width: 0,
            columns_start: start + rows.start * features.width + columns.start,
            columns_pitch: features.width,
            picture_start: 0,
            picture_pitch: stride * picture.width,
        };
        if !rows.is_empty() && !columns.is_empty() {
            (row.height, row.width) = (rows.len(), columns.len());
            let (y, x) = (
                rows.start * stride + offset_y - padding,
                columns.start * stride + offset_x - padding,
            );
            row.picture_start = channel * picture.plane() + y * picture.width + x;
        }
        row
    })
}

/// Writes the windows of `picture` to its place in the matrix `columns`, with zeros for the padding.
pub(super) fn gather(geometry: &Geometry, picture: &[f32], columns: &mut [f32], place: Place) {
    for row in rows(geometry, place) {
        if !row.is_whole() {
            columns[row.elements.clone()].fill(0.0);
        }
        match geometry.stride {
            1 => gather_row::<1>(&row, picture, columns, 1),
            2 => gather_row::<2>(&row, picture, columns, 2),
            stride => gather_row::<0>(&row, picture, columns, stride),
        }
    }
}

/// Adds the windows in `columns` back to the elements of `picture` that they come from.
pub(super) fn scatter(geometry: &Geometry, columns: &[f32], place: Place, picture: &mut [f32]) {
    for row in rows(geometry, place) {
        match geometry.stride {
            1 => scatter_row::<1>(&row, columns, picture, 1),
            2 => scatter_row::<2>(&row, columns, picture, 2),
            stride => scatter_row::<0>(&row, columns, picture, stride),
        }
    }
}

/// `STRIDE` is the stride if the compiler is to know it (it can then use vectors), or 0.
fn gather_row<const STRIDE: usize>(row: &Row, picture: &[f32], columns: &mut [f32], stride: usize) {
    let stride = if STRIDE == 0 { stride } else { STRIDE };
    for y in 0..row.height {
        let target = &mut columns[row.columns_start + y * row.columns_pitch..][..row.width];
        let source =
            &picture[row.picture_start + y * row.picture_pitch..][..(row.width - 1) * stride + 1];
        for x in 0..row.width {
            target[x] = source[x * stride];
        }
    }
}

fn scatter_row<const STRIDE: usize>(
    row: &Row,
    columns: &[f32],
    picture: &mut [f32],
    stride: usize,
) {
    let stride = if STRIDE == 0 { stride } else { STRIDE };
    for y in 0..row.height {
        let source = &columns[row.columns_start + y * row.columns_pitch..][..row.width];
        let target = &mut picture[row.picture_start + y * row.picture_pitch..]
            [..(row.width - 1) * stride + 1];
        for x in 0..row.width {
            target[x * stride] += source[x];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::geometry::Extent;

    fn geometry(size: usize, kernel: usize, stride: usize, padding: usize) -> Geometry {
        let positions = (size + 2 * padding - kernel) / stride + 1;
        Geometry {
            picture: Extent {
                channels: 2,
                height: size,
                width: size + stride,
            },
            features: Extent {
                channels: 1,
                height: positions,
                width: positions + 1,
            },
            kernel,
            stride,
            padding,
        }
    }

    /// Every kind of window, among them kernel offsets that only ever meet padding.
    const CASES: [(usize, usize, usize, usize); 6] = [
        (5, 3, 1, 1),
        (6, 4, 2, 1),
        (7, 3, 3, 0),
        (1, 5, 1, 2),
        (2, 7, 2, 3),
        (3, 2, 1, 4),
    ];

    #[test]
    fn gathered_windows_follow_the_definition() {
        for (size, kernel, stride, padding) in CASES {
            let geometry = geometry(size, kernel, stride, padding);
            let (picture, features) = (geometry.picture, geometry.features);
            let values: Vec<f32> = (1..=picture.elements()).map(|value| value as f32).collect();
            let place = Place {
                stride: 3 * features.plane(),
                start: features.plane(),
            };
            let mut columns = vec![-1.0; geometry.window() * place.stride];
            gather(&geometry, &values, &mut columns, place);
            for (row, columns) in columns.chunks(place.stride).enumerate() {
                let (channel, offset) = (row / (kernel * kernel), row % (kernel * kernel));
                assert!(columns[..place.start].iter().all(|&value| value == -1.0));
                for (position, &value) in columns[place.start..]
                    .iter()
                    .take(features.plane())
                    .enumerate()
                {
                    let (y, x) = (position / features.width, position % features.width);
                    let expected = match (
                        geometry.source(y, offset / kernel, picture.height),
                        geometry.source(x, offset % kernel, picture.width),
                    ) {
                        (Some(y), Some(x)) => {
                            values[channel * picture.plane() + y * picture.width + x]
                        }
                        _ => 0.0,
                    };
                    assert_eq!(
                        value, expected,
                        "{geometry:?}, row {row}, position {position}"
                    );
                }
            }
        }
    }

    #[test]
    fn scattering_is_the_adjoint_of_gathering() {
        for (size, kernel, stride, padding) in CASES {
            let geometry = geometry(size, kernel, stride, padding);
            let place = Place {
                stride: geometry.features.plane(),
                start: 0,
            };
            let picture: Vec<f32> = (0..geometry.picture.elements())
                .map(|index| (index * 7 % 5) as f32)
                .collect();
            let columns: Vec<f32> = (0..geometry.window() * place.stride)
                .map(|index| (index * 3 % 7) as f32)
                .collect();
            let mut gathered = vec![0.0; columns.len()];
            gather(&geometry, &picture, &mut gathered, place);
            let mut scattered = vec![0.0; picture.len()];
            scatter(&geometry, &columns, place, &mut scattered);
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            assert_eq!(
                dot(&gathered, &columns),
                dot(&picture, &scattered),
                "{geometry:?}"
            );
        }
    }
}
