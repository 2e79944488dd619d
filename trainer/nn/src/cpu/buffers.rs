//! Reuse of buffers: a forward pass takes the buffers that the backward pass before it no longer needs.
//!
//! dfdx writes zeros into every tensor and every gradient that it makes, on one thread while the others wait: a tenth
//! of the time of a training step. Our operations write every element of their outputs, which therefore need no zeros.
//! They take the buffers of gradients that are no longer read: the gradient of an output, after its operation's
//! backward pass.

use crate::shapes::Flat;
use dfdx::prelude::{Cache, Cpu, CpuError, Storage, TensorFromVec};
use std::cell::RefCell;
use std::collections::HashMap;

/// Buffers after which the cache of the device is emptied.
const PATIENCE: usize = 1 << 16;

#[derive(Default)]
struct Spare {
    /// Buffers by their number of elements.
    buffers: HashMap<usize, Vec<Vec<f32>>>,
    /// Buffers kept since the cache of the device was emptied.
    kept: usize,
}

thread_local! {
    static SPARE: RefCell<Spare> = RefCell::default();
}

/// A buffer of elements of unspecified value.
pub(super) fn take(device: &Cpu, elements: usize) -> Result<Vec<f32>, CpuError> {
    let spare = SPARE.with_borrow_mut(|spare| spare.buffers.get_mut(&elements)?.pop());
    match spare {
        Some(buffer) => Ok(buffer),
        None => Ok(std::mem::take(&mut *device.try_alloc_len(elements)?)),
    }
}

/// Keeps a buffer that was taken from here or from a gradient.
pub(super) fn keep(device: &Cpu, buffer: Vec<f32>) -> Result<(), CpuError> {
    let patience_is_over = SPARE.with_borrow_mut(|spare| {
        spare.buffers.entry(buffer.len()).or_default().push(buffer);
        spare.kept += 1;
        spare.kept.is_multiple_of(PATIENCE)
    });
    // A gradient without its buffer is dropped into the cache as one of no elements, which is never asked for.
    if patience_is_over {
        device.try_empty_cache()?;
    }
    Ok(())
}

/// A tensor whose elements have unspecified values: its user writes them all.
pub(super) fn output(device: &Cpu, elements: usize) -> Result<Flat<Cpu>, CpuError> {
    device.try_tensor_from_vec(take(device, elements)?, (elements,))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_was_kept_is_taken_as_it_is() {
        let device = Cpu::default();
        assert_eq!(take(&device, 3).unwrap(), [0.0; 3]);
        keep(&device, vec![1.0, 2.0, 3.0]).unwrap();
        assert_eq!(take(&device, 4).unwrap().len(), 4);
        assert_eq!(take(&device, 3).unwrap(), [1.0, 2.0, 3.0]);
        assert_eq!(take(&device, 3).unwrap(), [0.0; 3]);
    }
}
