//! Copies and sums of whole slices.

use crate::batches::in_wide_vectors;
use rayon::prelude::*;

/// Elements per task of the pool: a few microseconds of work.
pub(crate) const CHUNK: usize = 8192;

/// Copies all elements.
pub fn copy(from: &[f32], to: &mut [f32]) {
    to.par_chunks_mut(CHUNK)
        .zip(from.par_chunks(CHUNK))
        .for_each(|(to, from)| to.copy_from_slice(from));
}

/// Adds each of `values` to an element of `target`.
pub fn add(values: &[f32], target: &mut [f32]) {
    target
        .par_chunks_mut(CHUNK)
        .zip(values.par_chunks(CHUNK))
        .for_each(|(target, values)| {
            in_wide_vectors!({
                for (target, value) in target.iter_mut().zip(values) {
                    *target += value;
                }
            });
        });
}
