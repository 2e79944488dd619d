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

/// Filters that are summed side by side.
const LANES: usize = 8;

/// The sums of filters over windows: all filters of the first window, then of the one beside it. Pixels outside of the
/// picture add nothing.
pub fn weighted_sums(sizes: Sizes, places: Places, picture: &[f32], filters: &[f32]) -> Vec<f32> {
    let channels = sizes.channels;
    let length = sizes.window[0] * sizes.window[1] * channels;
    // The weights of a block of filters side by side, so that each sum keeps its order and all are added to at once.
    let of_block = |block: &[f32]| -> Vec<[f32; LANES]> {
        let mut weights = vec![[0.0; LANES]; length];
        for (lane, filter) in block.chunks_exact(length).enumerate() {
            for (weights, weight) in weights.iter_mut().zip(filter) {
                weights[lane] = *weight;
            }
        }
        weights
    };
    let blocks: Vec<_> = filters.chunks(length * LANES).map(of_block).collect();
    sums(sizes, places, filters.len() / length, |pixels, sums| {
        for (block, sums) in blocks.iter().zip(sums.chunks_mut(LANES)) {
            let mut of_window = [0.0; LANES];
            for (tap, pixel) in pixels {
                let mut of_tap = [0.0; LANES];
                let values = &picture[pixel * channels..][..channels];
                for (value, weights) in values.iter().zip(&block[tap * channels..]) {
                    for (sum, weight) in of_tap.iter_mut().zip(weights) {
                        *sum += weight * value;
                    }
                }
                for (sum, of_tap) in of_window.iter_mut().zip(of_tap) {
                    *sum += of_tap;
                }
            }
            sums.copy_from_slice(&of_window[..sums.len()]);
        }
    })
}

/// The sums of a filter over windows, channel by channel: all channels of the first window, then of the one beside it.
/// Pixels outside of the picture add nothing.
pub fn depthwise_sums(sizes: Sizes, places: Places, picture: &[f32], filter: &[f32]) -> Vec<f32> {
    let channels = sizes.channels;
    sums(sizes, places, channels, |pixels, sums| {
        for (tap, pixel) in pixels {
            let weights = &filter[tap * channels..][..channels];
            let values = &picture[pixel * channels..][..channels];
            for ((sum, weight), value) in sums.iter_mut().zip(weights).zip(values) {
                *sum += weight * value;
            }
        }
    })
}

/// As many sums for each window as `count`, which `write` fills: it is given the taps of the window whose pixel is inside
/// of the picture, and these pixels.
fn sums(
    sizes: Sizes,
    places: Places,
    count: usize,
    write: impl Fn(&[(usize, usize)], &mut [f32]),
) -> Vec<f32> {
    let ([height, width], [rows, columns]) = (sizes.picture, places.count);
    let inside = |axis: usize, size: usize, index: usize, tap: usize| {
        let at = places.first[axis] + index as i64 * places.step + tap as i64;
        usize::try_from(at).ok().filter(|at| *at < size)
    };
    let mut pixels = Vec::new();
    let mut all = vec![0.0; rows * columns * count];
    for (window, sums) in all.chunks_exact_mut(count).enumerate() {
        pixels.clear();
        for tap in 0..sizes.window[0] * sizes.window[1] {
            let row = inside(0, height, window / columns, tap / sizes.window[1]);
            let column = inside(1, width, window % columns, tap % sizes.window[1]);
            pixels.extend(
                row.zip(column)
                    .map(|(row, column)| (tap, row * width + column)),
            );
        }
        write(&pixels, sums);
    }
    all
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

    #[test]
    fn channels_have_sums_of_their_own() {
        let sizes = Sizes {
            window: [1, 2],
            picture: [1, 3],
            channels: 2,
        };
        let places = Places {
            count: [1, 3],
            first: [0, 0],
            step: 1,
        };
        let picture = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let sums = depthwise_sums(sizes, places, &picture, &[1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(sums, [301.0, 4020.0, 503.0, 6040.0, 5.0, 60.0]);
    }
}
