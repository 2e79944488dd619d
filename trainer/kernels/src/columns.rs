//! Windows of a group of pictures as the columns of a matrix, and back.
//!
//! The matrix has a row for each channel and kernel offset (`geometry.window()` of them), and in each row the features
//! of the first picture, then the features of the second, and so on.

use crate::batches::in_wide_vectors;
use crate::geometry::Geometry;

/// Calls the function compiled for a width of the presets, or the general one.
///
/// The function is called by its name and not through a pointer, so that it is inlined into its caller and compiled for
/// the same vectors.
macro_rules! of_width {
    ($width:expr, $function:ident $arguments:tt) => {
        match $width {
            4 => $function::<4> $arguments,
            7 => $function::<7> $arguments,
            8 => $function::<8> $arguments,
            14 => $function::<14> $arguments,
            16 => $function::<16> $arguments,
            28 => $function::<28> $arguments,
            32 => $function::<32> $arguments,
            _ => $function::<0> $arguments,
        }
    };
}

/// A channel of a picture, padded and parted by the stride into planes, in each of which neighbouring windows meet
/// neighbouring elements: a kernel offset is then a rectangle of one plane, and its rows are copied whole.
///
/// With padding the element `(y, x)` is at `(y + p, x + p)`; it goes to the plane `((y + p) % s, (x + p) % s)`, at
/// `((y + p) / s, (x + p) / s)`.
struct Phases {
    geometry: Geometry,
    height: usize,
    width: usize,
    /// The planes one after another. Places without an element stay 0.
    values: Vec<f32>,
}

impl Phases {
    fn new(geometry: Geometry) -> Self {
        let beyond = (geometry.kernel - 1) / geometry.stride;
        let (height, width) = (
            geometry.features.height + beyond,
            geometry.features.width + beyond,
        );
        Phases {
            geometry,
            height,
            width,
            values: vec![0.0; geometry.stride * geometry.stride * height * width],
        }
    }

    /// Calls `visit(part of a row of a plane, elements of the picture)` for all parts; every `stride`-th of these
    /// elements belongs to the part.
    #[inline(always)]
    fn visit(&mut self, mut visit: impl FnMut(&mut [f32], std::ops::Range<usize>)) {
        let Geometry {
            picture,
            stride,
            padding,
            ..
        } = self.geometry;
        for y in 0..picture.height {
            let (plane_y, row) = ((y + padding) % stride, (y + padding) / stride);
            if row >= self.height {
                break;
            }
            for first in 0..stride.min(picture.width) {
                let (plane_x, column) = ((first + padding) % stride, (first + padding) / stride);
                let elements = (picture.width - first).div_ceil(stride);
                let elements = elements.min(self.width.saturating_sub(column));
                if elements > 0 {
                    let plane = plane_y * stride + plane_x;
                    let start = (plane * self.height + row) * self.width + column;
                    let source = y * picture.width + first;
                    visit(
                        &mut self.values[start..][..elements],
                        source..source + (elements - 1) * stride + 1,
                    );
                }
            }
        }
    }

    /// Takes over a channel of a picture. Compiled once for each set of instructions, and not in each of its callers.
    #[inline(never)]
    fn fill(&mut self, channel: &[f32]) {
        in_wide_vectors!(self.fill_in_vectors(channel));
    }

    #[inline(always)]
    fn fill_in_vectors(&mut self, channel: &[f32]) {
        match (self.geometry.stride, self.halves()) {
            (1, _) => self.visit(
                #[inline(always)]
                |row, source| row.copy_from_slice(&channel[source]),
            ),
            (_, Some(halves)) => of_width!(
                halves.width,
                part_pairs(&halves, channel, self.width, &mut self.values)
            ),
            (stride, None) => self.visit(
                #[inline(always)]
                |row, source| {
                    let elements = channel[source].iter().step_by(stride);
                    row.iter_mut()
                        .zip(elements)
                        .for_each(|(to, from)| *to = *from);
                },
            ),
        }
    }

    /// Adds the planes to a channel of a picture. Compiled as [`fill`](Self::fill).
    #[inline(never)]
    fn add_to(&mut self, channel: &mut [f32]) {
        in_wide_vectors!(self.add_in_vectors(channel));
    }

    #[inline(always)]
    fn add_in_vectors(&mut self, channel: &mut [f32]) {
        match (self.geometry.stride, self.halves()) {
            (_, Some(halves)) => of_width!(
                halves.width,
                join_pairs(&halves, channel, self.width, &mut self.values)
            ),
            (stride, None) => self.visit(
                #[inline(always)]
                |row, target| {
                    let elements = channel[target].iter_mut().step_by(stride);
                    elements.zip(row).for_each(|(to, from)| *to += *from);
                },
            ),
        }
    }

    /// For a stride of 2, where the first and the second elements of all pairs of a row go, if there is place for all.
    fn halves(&self) -> Option<Halves> {
        let Geometry {
            picture,
            stride,
            padding,
            ..
        } = self.geometry;
        let plane = self.height * self.width;
        let start = |index: usize| index % 2 * plane + index / 2;
        let halves = Halves {
            width: picture.width / 2,
            plane,
            starts: [start(padding), start(padding + 1)],
            padding,
        };
        let fits = picture.width % 2 == 0
            && padding.div_ceil(2) + halves.width <= self.width
            && (picture.height + padding).div_ceil(2) <= self.height;
        (stride == 2 && fits).then_some(halves)
    }

    /// Where the rectangle of a kernel offset starts. Its rows lie `width` apart.
    fn start(&self, offset_y: usize, offset_x: usize) -> usize {
        let stride = self.geometry.stride;
        let plane = offset_y % stride * stride + offset_x % stride;
        (plane * self.height + offset_y / stride) * self.width + offset_x / stride
    }
}

/// Where the pairs of a row go at a stride of 2: their first elements to one plane, the second ones to another.
struct Halves {
    /// Pairs of a row.
    width: usize,
    /// Elements of a plane.
    plane: usize,
    /// The first place of each in the two planes for even rows, from the start of the first.
    starts: [usize; 2],
    padding: usize,
}

impl Halves {
    /// Both, for row `y` of the picture.
    #[inline(always)]
    fn of_row<'a>(
        &self,
        y: usize,
        pitch: usize,
        planes: &'a mut [f32],
    ) -> (&'a mut [f32], &'a mut [f32]) {
        let y = y + self.padding;
        let planes = &mut planes[y % 2 * 2 * self.plane + y / 2 * pitch..];
        let [first, second] = self.starts;
        if first < second {
            let (before, after) = planes.split_at_mut(second);
            (&mut before[first..][..self.width], &mut after[..self.width])
        } else {
            let (before, after) = planes.split_at_mut(first);
            (
                &mut after[..self.width],
                &mut before[second..][..self.width],
            )
        }
    }
}

/// Parts the pairs of the rows of a channel into planes whose rows are `pitch` apart.
///
/// `WIDTH` is the number of pairs of a row if the compiler is to know it (it can then use vectors), or 0.
#[inline(always)]
fn part_pairs<const WIDTH: usize>(
    halves: &Halves,
    channel: &[f32],
    pitch: usize,
    planes: &mut [f32],
) {
    let width = if WIDTH == 0 { halves.width } else { WIDTH };
    for (y, row) in channel.chunks_exact(2 * width).enumerate() {
        let (first, second) = halves.of_row(y, pitch, planes);
        let (first, second) = (&mut first[..width], &mut second[..width]);
        for i in 0..width {
            first[i] = row[2 * i];
            second[i] = row[2 * i + 1];
        }
    }
}

/// Adds the rows of planes, `pitch` apart, to the pairs of the rows of a channel.
#[inline(always)]
fn join_pairs<const WIDTH: usize>(
    halves: &Halves,
    channel: &mut [f32],
    pitch: usize,
    planes: &mut [f32],
) {
    let width = if WIDTH == 0 { halves.width } else { WIDTH };
    for (y, row) in channel.chunks_exact_mut(2 * width).enumerate() {
        let (first, second) = halves.of_row(y, pitch, planes);
        let (first, second) = (&first[..width], &second[..width]);
        for i in 0..width {
            row[2 * i] += first[i];
            row[2 * i + 1] += second[i];
        }
    }
}

/// Elements of the vector that a row of `width` fits into.
const fn lanes(width: usize) -> usize {
    width.next_power_of_two()
}

/// Copies the rows of a rectangle, `pitch` apart in `rectangle`, to `features`.
///
/// `WIDTH` is the length of a row if the compiler is to know it, or 0. Then all rows but the last are copied as whole
/// vectors: the surplus elements are overwritten by the next row.
#[inline(always)]
fn take_rows<const WIDTH: usize>(
    rectangle: &[f32],
    pitch: usize,
    features: &mut [f32],
    width: usize,
) {
    let width = if WIDTH == 0 { width } else { WIDTH };
    let lanes = if WIDTH == 0 {
        width
    } else {
        const { lanes(WIDTH) }
    };
    let last = features.len() / width - 1;
    for y in 0..last {
        features[y * width..][..lanes].copy_from_slice(&rectangle[y * pitch..][..lanes]);
    }
    features[last * width..].copy_from_slice(&rectangle[last * pitch..][..width]);
}

/// Adds the rows of `features` to the rows of a rectangle.
///
/// `mask` has 1 for each element of a row and 0 after them: all rows but the last are added as whole vectors, of which
/// the mask removes the start of the next row.
#[inline(always)]
fn add_rows<const WIDTH: usize>(
    rectangle: &mut [f32],
    pitch: usize,
    features: &[f32],
    width: usize,
    mask: &Mask,
) {
    let width = if WIDTH == 0 { width } else { WIDTH };
    let last = features.len() / width - 1;
    for y in 0..last {
        if WIDTH == 0 {
            add(&mut rectangle[y * pitch..][..width], &features[y * width..]);
        } else {
            let lanes = const { lanes(WIDTH) };
            let target = &mut rectangle[y * pitch..][..lanes];
            let (row, mask) = (&features[y * width..][..lanes], &mask[..lanes]);
            for i in 0..lanes {
                target[i] += row[i] * mask[i];
            }
        }
    }
    add(
        &mut rectangle[last * pitch..][..width],
        &features[last * width..],
    );
}

#[inline(always)]
fn add(target: &mut [f32], values: &[f32]) {
    for (target, value) in target.iter_mut().zip(values) {
        *target += value;
    }
}

/// Long enough for the widest row that the compiler knows.
type Mask = [f32; lanes(32)];

/// 1 for each element of a row.
fn mask(width: usize) -> Mask {
    let mask = std::array::from_fn(|i| if i < width { 1.0 } else { 0.0 });
    // A compiler that knows the mask puts the vectors together from parts.
    std::hint::black_box(mask)
}

/// Writes the windows of `pictures` to the matrix `columns`, with zeros for the padding.
#[inline(never)]
pub(crate) fn gather(geometry: &Geometry, pictures: &[f32], columns: &mut [f32]) {
    in_wide_vectors!({
        of_width!(
            geometry.features.width,
            gather_rows(geometry, pictures, columns)
        )
    });
}

#[inline(always)]
fn gather_rows<const WIDTH: usize>(geometry: &Geometry, pictures: &[f32], columns: &mut [f32]) {
    let (size, plane) = (geometry.picture.elements(), geometry.features.plane());
    let (kernel, width) = (geometry.kernel, geometry.features.width);
    let pitch = pictures.len() / size * plane;
    let mut phases = Phases::new(*geometry);
    let rows = columns.chunks_exact_mut(kernel * kernel * pitch);
    for (channel, rows) in rows.enumerate() {
        for (index, picture) in pictures.chunks_exact(size).enumerate() {
            phases.fill(&picture[channel * geometry.picture.plane()..][..geometry.picture.plane()]);
            for (offset, row) in rows.chunks_exact_mut(pitch).enumerate() {
                let start = phases.start(offset / kernel, offset % kernel);
                let features = &mut row[index * plane..][..plane];
                take_rows::<WIDTH>(&phases.values[start..], phases.width, features, width);
            }
        }
    }
}

/// Adds the windows in `columns` back to the elements of `pictures` that they come from.
#[inline(never)]
pub(crate) fn scatter(geometry: &Geometry, columns: &[f32], pictures: &mut [f32]) {
    in_wide_vectors!({
        of_width!(
            geometry.features.width,
            scatter_rows(geometry, columns, pictures)
        )
    });
}

#[inline(always)]
fn scatter_rows<const WIDTH: usize>(geometry: &Geometry, columns: &[f32], pictures: &mut [f32]) {
    let (size, plane) = (geometry.picture.elements(), geometry.features.plane());
    let (kernel, width) = (geometry.kernel, geometry.features.width);
    let pitch = pictures.len() / size * plane;
    let (mask, mut phases) = (mask(width), Phases::new(*geometry));
    for (channel, rows) in columns.chunks_exact(kernel * kernel * pitch).enumerate() {
        for (index, picture) in pictures.chunks_exact_mut(size).enumerate() {
            phases.values.fill(0.0);
            for (offset, row) in rows.chunks_exact(pitch).enumerate() {
                let start = phases.start(offset / kernel, offset % kernel);
                let features = &row[index * plane..][..plane];
                add_rows::<WIDTH>(
                    &mut phases.values[start..],
                    phases.width,
                    features,
                    width,
                    &mask,
                );
            }
            let channel_size = geometry.picture.plane();
            phases.add_to(&mut picture[channel * channel_size..][..channel_size]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Extent;

    fn geometry(size: usize, kernel: usize, stride: usize, padding: usize) -> Geometry {
        let positions = |size: usize| (size + 2 * padding - kernel) / stride + 1;
        // Of another parity than the height.
        let (height, width) = (size, size + 1);
        Geometry {
            picture: Extent {
                channels: 2,
                height,
                width,
            },
            features: Extent {
                channels: 1,
                height: positions(height),
                width: positions(width),
            },
            kernel,
            stride,
            padding,
        }
    }

    /// Every kind of window, among them kernel offsets that only ever meet padding.
    const CASES: [(usize, usize, usize, usize); 12] = [
        (5, 3, 1, 1),
        (13, 3, 1, 1),
        (13, 4, 2, 1),
        (6, 4, 2, 1),
        (7, 4, 2, 1),
        (7, 5, 2, 2),
        (7, 4, 2, 0),
        (27, 4, 2, 1),
        (7, 3, 3, 0),
        (1, 5, 1, 2),
        (1, 7, 2, 3),
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
