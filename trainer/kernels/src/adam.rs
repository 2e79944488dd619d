//! One step of the Adam optimizer (Kingma and Ba, 2015).

use crate::batches::in_wide_vectors;
use crate::elementwise::CHUNK;
use rayon::prelude::*;

/// The constants of one step.
#[derive(Clone, Copy, Debug)]
pub struct AdamStep {
    /// Decay of the first and of the second moment.
    pub betas: [f32; 2],
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// Learning rate, divided by the first moment's bias.
    pub rate: f32,
    /// One over the second moment's bias.
    pub second_factor: f32,
}

impl AdamStep {
    /// Updates the moments and the parameter by one gradient, on this thread. All slices have the same length.
    #[inline(always)]
    pub fn apply(
        &self,
        parameter: &mut [f32],
        gradient: &[f32],
        first: &mut [f32],
        second: &mut [f32],
    ) {
        let [first_beta, second_beta] = self.betas;
        let moments = first.iter_mut().zip(second);
        for ((parameter, gradient), (first, second)) in
            parameter.iter_mut().zip(gradient).zip(moments)
        {
            *first = *first * first_beta + gradient * (1.0 - first_beta);
            *second = *second * second_beta + gradient * gradient * (1.0 - second_beta);
            *parameter -=
                self.rate * *first / ((*second * self.second_factor).sqrt() + self.epsilon);
        }
    }
}

/// One step on `parameter`, after which `gradient` is zero.
pub fn adam(
    parameter: &mut [f32],
    gradient: &mut [f32],
    first_moment: &mut [f32],
    second_moment: &mut [f32],
    step: &AdamStep,
) {
    let values = parameter
        .par_chunks_mut(CHUNK)
        .zip(gradient.par_chunks_mut(CHUNK));
    let moments = first_moment
        .par_chunks_mut(CHUNK)
        .zip(second_moment.par_chunks_mut(CHUNK));
    values
        .zip(moments)
        .for_each(|((parameter, gradient), (first, second))| {
            in_wide_vectors!(step.apply(parameter, gradient, first, second));
            gradient.fill(0.0);
        });
}
