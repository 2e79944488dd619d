//! The sums of filters over windows of one picture, channels last, a product after the other: for a network in the layout
//! of a file, picture by picture.

/// The sizes of a window and of the picture under it.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Height and width of the window.
    pub window: [usize; 2],
    /// Height and width of the picture.
    pub picture: [usize; 2],
    /// Channels of both.
    pub channels: usize,
}

/// The places of windows, in rows and columns of the picture.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// Windows below and beside each other.
    pub count: [usize; 2],
    /// The place of the first window, which may begin outside of the picture.
    pub first: [i64; 2],
    /// From one window to the next.
    pub step: i64,
}

/// The sum of all products of two slices, in their order.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The sums of filters over windows: all filters of the first window, then of the one beside it. Pixels outside of the
/// picture add nothing.
pub fn weighted_sums(sizes: Sizes, places: Places, picture: &[f32], filters: &[f32]) -> Vec<f32> {
    let length = sizes.window[0] * sizes.window[1] * sizes.channels;
    let [rows, columns] = places.count;
    let mut sums = Vec::with_capacity(rows * columns * filters.len() / length);
    for row in 0..rows {
        for column in 0..columns {
            let [row, column] = [(0, row), (1, column)]
                .map(|(axis, index)| places.first[axis] + index as i64 * places.step);
            let filters = filters.chunks_exact(length);
            sums.extend(filters.map(|filter| weighted_sum(sizes, picture, filter, row, column)));
        }
    }
    sums
}

/// The sum of a filter over the window at a place.
fn weighted_sum(sizes: Sizes, picture: &[f32], filter: &[f32], row: i64, column: i64) -> f32 {
    let Sizes {
        window: [window_height, window_width],
        picture: [height, width],
        channels,
    } = sizes;
    let inside = |at: i64, size: usize| usize::try_from(at).ok().filter(|at| *at < size);
    let mut sum = 0.0;
    for y in 0..window_height {
        let Some(picture_row) = inside(row + y as i64, height) else {
            continue;
        };
        for x in 0..window_width {
            if let Some(picture_column) = inside(column + x as i64, width) {
                let weights = &filter[(y * window_width + x) * channels..][..channels];
                let pixel = (picture_row * width + picture_column) * channels;
                sum += dot(weights, &picture[pixel..][..channels]);
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_over_the_edge_sum_their_inner_part() {
        let sizes = Sizes {
            window: [2, 3],
            picture: [2, 2],
            channels: 2,
        };
        let picture = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        let filter: Vec<f32> = (0..12).map(|i| (1 << i) as f32).collect();
        let places = |first, step| Places {
            count: [1, 2],
            first,
            step,
        };
        // The lower row and two columns of the first window are outside, and all of the second.
        let lower_right = 7.0 * filter[0] + 8.0 * filter[1];
        let sums = weighted_sums(sizes, places([1, 1], 1), &picture, &filter);
        assert_eq!(sums, [lower_right, 0.0]);
        // The upper row and the left column of the first window are outside; the second begins a column further.
        let products = filter[8..].iter().zip(&picture);
        let first: f32 = products.map(|(weight, value)| weight * value).sum();
        let products = filter[6..10].iter().zip(&picture);
        let second: f32 = products.map(|(weight, value)| weight * value).sum();
        let sums = weighted_sums(sizes, places([-1, -1], 1), &picture, &filter);
        assert_eq!(sums, [first, second]);
        let two = [filter.as_slice(), &[0.5; 12]].concat();
        let sums = weighted_sums(sizes, places([0, 0], 2), &picture, &two);
        let products = filter[..4].iter().zip(&picture);
        let upper: f32 = products.map(|(weight, value)| weight * value).sum();
        let products = filter[6..10].iter().zip(&picture[4..]);
        let lower: f32 = products.map(|(weight, value)| weight * value).sum();
        assert_eq!(sums, [upper + lower, 18.0, 0.0, 0.0]);
    }
}
