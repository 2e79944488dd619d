//! Windows of a group of pictures as the columns of a matrix, and back.
//!
//! The matrix has a row for each channel and kernel offset (`geometry.window()` of them), and in each row the features
//! of the first picture, then those of the second, and so on.

use crate::nn::geometry::Geometry;
use std::ops::Range;

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

/// Where one row of the matrix meets each picture.
///
/// The features inside the picture form a rectangle of `height` x `width`. Element `(y, x)` of it is at
/// `features_start + y * features_pitch + x` of the features and at `picture_start + y * picture_pitch + x * stride` of
/// the picture.
struct Row {
    height: usize,
    width: usize,
    features_start: usize,
    features_pitch: usize,
    picture_start: usize,
    picture_pitch: usize,
}

/// The rows of the matrix, in order.
fn rows(geometry: Geometry) -> impl Iterator<Item = Row> {
    let Geometry {
        picture,
        features,
        kernel,
        stride,
        padding,
    } = geometry;
    (0..geometry.window()).map(move |index| {
        let (channel, offset_y, offset_x) = (
            index / (kernel * kernel),
            index / kernel % kernel,
            index % kernel,
        );
        let rows = inside(&geometry, features.height, picture.height, offset_y);
        let columns = inside(&geometry, features.width, picture.width, offset_x);
        let mut row = Row {
            height: 0,
            width: 0,
            features_start: rows.start * features.width + columns.start,
            features_pitch: features.width,
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

/// Writes the windows of `pictures` to the matrix `columns`, with zeros for the padding.
pub(super) fn gather(geometry: &Geometry, pictures: &[f32], columns: &mut [f32]) {
    let (size, plane) = (geometry.picture.elements(), geometry.features.plane());
    let pitch = pictures.len() / size * plane;
    for (row, columns) in rows(*geometry).zip(columns.chunks_exact_mut(pitch)) {
        if row.height * row.width != plane {
            columns.fill(0.0);
        }
        for (picture, features) in pictures
            .chunks_exact(size)
            .zip(columns.chunks_exact_mut(plane))
        {
            match geometry.stride {
                1 => gather_row::<1>(&row, picture, features, 1),
                2 => gather_row::<2>(&row, picture, features, 2),
                stride => gather_row::<0>(&row, picture, features, stride),
            }
        }
    }
}

/// Adds the windows in `columns` back to the elements of `pictures` that they come from.
pub(super) fn scatter(geometry: &Geometry, columns: &[f32], pictures: &mut [f32]) {
    let (size, plane) = (geometry.picture.elements(), geometry.features.plane());
    let pitch = pictures.len() / size * plane;
    for (row, columns) in rows(*geometry).zip(columns.chunks_exact(pitch)) {
        for (picture, features) in pictures
            .chunks_exact_mut(size)
            .zip(columns.chunks_exact(plane))
        {
            match geometry.stride {
                1 => scatter_row::<1>(&row, features, picture, 1),
                2 => scatter_row::<2>(&row, features, picture, 2),
                stride => scatter_row::<0>(&row, features, picture, stride),
            }
        }
    }
}

/// `STRIDE` is the stride if the compiler is to know it (it can then use vectors), or 0.
fn gather_row<const STRIDE: usize>(
    row: &Row,
    picture: &[f32],
    features: &mut [f32],
    stride: usize,
) {
    let stride = if STRIDE == 0 { stride } else { STRIDE };
    for y in 0..row.height {
        let target = &mut features[row.features_start + y * row.features_pitch..][..row.width];
        let source =
            &picture[row.picture_start + y * row.picture_pitch..][..(row.width - 1) * stride + 1];
        for x in 0..row.width {
            target[x] = source[x * stride];
        }
    }
}

fn scatter_row<const STRIDE: usize>(
    row: &Row,
    features: &[f32],
    picture: &mut [f32],
    stride: usize,
) {
    let stride = if STRIDE == 0 { stride } else { STRIDE };
    for y in 0..row.height {
        let source = &features[row.features_start + y * row.features_pitch..][..row.width];
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
    /// Pictures of a group.
    const PICTURES: usize = 3;

    #[test]
    fn gathered_windows_follow_the_definition() {
        for (size, kernel, stride, padding) in CASES {
            let geometry = geometry(size, kernel, stride, padding);
            let (picture, features) = (geometry.picture, geometry.features);
            let pictures: Vec<f32> = (1..=PICTURES * picture.elements())
                .map(|value| value as f32)
                .collect();
            let pitch = PICTURES * features.plane();
            let mut columns = vec![f32::NAN; geometry.window() * pitch];
            gather(&geometry, &pictures, &mut columns);
            for (index, value) in columns.into_iter().enumerate() {
                let (row, column) = (index / pitch, index % pitch);
                let (channel, offset) = (row / (kernel * kernel), row % (kernel * kernel));
                let (sample, position) = (column / features.plane(), column % features.plane());
                let y = geometry.source(position / features.width, offset / kernel, picture.height);
                let x = geometry.source(position % features.width, offset % kernel, picture.width);
                let expected = match (y, x) {
                    (Some(y), Some(x)) => {
                        let plane = (sample * picture.channels + channel) * picture.plane();
                        pictures[plane + y * picture.width + x]
                    }
                    _ => 0.0,
                };
                assert_eq!(value, expected, "{geometry:?}, row {row}, column {column}");
            }
        }
    }

    #[test]
    fn scattering_is_the_adjoint_of_gathering() {
        for (size, kernel, stride, padding) in CASES {
            let geometry = geometry(size, kernel, stride, padding);
            let pictures: Vec<f32> = (0..PICTURES * geometry.picture.elements())
                .map(|index| (index * 7 % 5) as f32)
                .collect();
            let columns: Vec<f32> = (0..geometry.window() * PICTURES * geometry.features.plane())
                .map(|index| (index * 3 % 7) as f32)
                .collect();
            let mut gathered = vec![0.0; columns.len()];
            gather(&geometry, &pictures, &mut gathered);
            let mut scattered = vec![0.0; pictures.len()];
            scatter(&geometry, &columns, &mut scattered);
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            assert_eq!(
                dot(&gathered, &columns),
                dot(&pictures, &scattered),
                "{geometry:?}"
            );
        }
    }
}
