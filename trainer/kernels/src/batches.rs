//! Splitting of a batch into groups of fixed size, so that sums do not depend on the number of threads.

use rayon::prelude::*;
use std::cell::RefCell;

/// Pictures per task of the pool. Fixed: every sum over the batch is a sum over groups, in their order.
pub(crate) const GROUP: usize = 8;

/// Evaluates an expression, compiled for the widest vectors of this processor among the instruction sets that are
/// compiled.
///
/// All of them give the same values: no sum is reordered, no product and sum are fused. The functions that the
/// expression calls must be `#[inline(always)]`: others are compiled for the common instructions.
macro_rules! in_wide_vectors {
    ($work:expr) => {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || $work,
        )
    };
}
pub(crate) use in_wide_vectors;

thread_local! {
    static SCRATCH: RefCell<[Vec<f32>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

/// Lends two buffers of the thread to `work`, with `sizes` elements of unspecified value, and runs it
/// [in wide vectors](in_wide_vectors!).
///
/// `work` must not start tasks of the pool: this thread could steal one that asks for the same buffers.
pub(crate) fn with_scratch<R>(
    sizes: [usize; 2],
    work: impl FnOnce(&mut [f32], &mut [f32]) -> R,
) -> R {
    SCRATCH.with_borrow_mut(|[first, second]| {
        for (buffer, size) in [(&mut *first, sizes[0]), (&mut *second, sizes[1])] {
            if buffer.len() < size {
                buffer.resize(size, 0.0);
            }
        }
        let (first, second) = (&mut first[..sizes[0]], &mut second[..sizes[1]]);
        in_wide_vectors!(work(first, second))
    })
}

/// The chunks of a buffer that may be absent: as many `None` as there would be chunks.
pub(crate) fn optional_chunks(
    values: Option<&mut [f32]>,
    size: usize,
    count: usize,
) -> Vec<Option<&mut [f32]>> {
    match values {
        Some(values) => values.chunks_mut(size).map(Some).collect(),
        None => (0..count).map(|_| None).collect(),
    }
}

/// Adds each group's part of a sum to `total`, in the order of the groups.
///
/// `parts` holds the groups one after another, `stride` elements each; the elements from `start` on are added.
pub(crate) fn add_parts(parts: &[f32], stride: usize, start: usize, total: &mut [f32]) {
    const CHUNK: usize = 2048;
    total
        .par_chunks_mut(CHUNK)
        .enumerate()
        .for_each(|(index, total)| {
            let start = start + index * CHUNK;
            in_wide_vectors!({
                for part in parts.chunks(stride) {
                    for (total, part) in total.iter_mut().zip(&part[start..]) {
                        *total += part;
                    }
                }
            });
        });
}

/// The sum of `values`, in an order that depends on their number only and lets the compiler use vectors.
#[inline(always)]
pub(crate) fn sum(values: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut lanes = [0.0; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_any_length() {
        for length in [0, 1, 15, 16, 17, 100] {
            let values: Vec<f32> = (1..=length).map(|value| value as f32).collect();
            assert_eq!(sum(&values), (length * (length + 1) / 2) as f32);
        }
    }

    #[test]
    fn parts_are_added_from_their_start() {
        let parts: Vec<f32> = (0..3 * 5000).map(|index| (index % 5000) as f32).collect();
        let mut total = vec![1.0; 4000];
        add_parts(&parts, 5000, 1000, &mut total);
        assert_eq!(total[0], 3001.0);
        assert_eq!(total[3999], 1.0 + 3.0 * 4999.0);
    }

    #[test]
    fn absent_buffers_have_absent_chunks() {
        assert_eq!(optional_chunks(None, 2, 3), [None, None, None]);
        let mut values = [1.0, 2.0, 3.0];
        assert_eq!(
            optional_chunks(Some(&mut values), 2, 2),
            [Some(&mut [1.0, 2.0][..]), Some(&mut [3.0][..])]
        );
    }
}
