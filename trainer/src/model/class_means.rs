//! The mean code of `z_u` of each class, and the loss that draws these together.
//!
//! The adversarial classifier sees any dependence of `z_u` on the class, but its gradient vanishes where it is fooled
//! by noise. The means are the simplest dependence, and are known without it.

use super::state::State;
use super::tensors::{mean_of_rows, upload};
use anyhow::Result;
use dfdx::prelude::HasShape;
use pixling_nn::{Backend, Matrix, NamedTensor, Recorded};

/// The weight of a code in the running mean of its class: some 300 codes are in it.
const SHARE: f32 = 0.003;
/// The name in a saved state.
const NAME: &str = "class_means";

/// A running mean of the codes of each class.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ClassMeans {
    dimensions: usize,
    /// Row by row.
    means: Vec<f32>,
}

impl ClassMeans {
    pub(super) fn new(classes: usize, dimensions: usize) -> Self {
        ClassMeans {
            dimensions,
            means: vec![0.0; classes * dimensions],
        }
    }

    /// `<m_c - m, mu_u>`, the mean over the batch, with the running mean `m_c` of the row's class and their mean `m`;
    /// both are constants. The square of a batch's own means would shrink all codes, for it counts their noise.
    pub(super) fn product<D: Backend>(
        &mut self,
        codes: Recorded<Matrix, D>,
        classes: &[u16],
    ) -> Recorded<(), D> {
        self.follow(&codes.as_vec(), classes);
        let count = self.means.len() / self.dimensions;
        let mut mean = vec![0.0; self.dimensions];
        for row in self.means.chunks_exact(self.dimensions) {
            for (sum, value) in mean.iter_mut().zip(row) {
                *sum += value / count as f32;
            }
        }
        let apart = |&class: &u16| {
            let row = &self.means[usize::from(class) * self.dimensions..][..self.dimensions];
            row.iter().zip(&mean).map(|(own, all)| own - all)
        };
        let apart: Vec<f32> = classes.iter().flat_map(apart).collect();
        let shape = *codes.shape();
        let apart = upload(codes.device(), shape, &apart);
        mean_of_rows(codes * apart)
    }

    /// Moves the means towards the codes of a batch.
    fn follow(&mut self, codes: &[f32], classes: &[u16]) {
        for (code, &class) in codes.chunks_exact(self.dimensions).zip(classes) {
            let mean = &mut self.means[usize::from(class) * self.dimensions..][..self.dimensions];
            for (mean, value) in mean.iter_mut().zip(code) {
                *mean += (value - *mean) * SHARE;
            }
        }
    }

    pub(super) fn save(&self, state: &mut State) {
        let tensor = NamedTensor {
            name: "means".into(),
            shape: vec![self.means.len() / self.dimensions, self.dimensions],
            values: self.means.clone(),
        };
        state.add(NAME, vec![tensor]);
    }

    pub(super) fn load(&mut self, state: &State) -> Result<()> {
        let name = format!("{NAME}.means");
        self.means = state.values(&name, self.means.len())?.to_vec();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tensors::recorded;
    use dfdx::prelude::{Backward, Cpu};

    /// Descent along the gradient brings classes together and keeps what is apart within them.
    #[test]
    fn codes_of_classes_come_together() {
        let device = Cpu::seed_from_u64(1);
        let classes = [0u16, 1, 0, 1];
        let mut values = vec![2.0, 1.0, -2.0, 1.0, 4.0, -1.0, -4.0, -1.0];
        let mut means = ClassMeans::new(2, 2);
        let mut last = f32::INFINITY;
        for _ in 0..3000 {
            let codes = upload(&device, (4, 2), &values);
            let product = means.product(recorded(&codes), &classes);
            last = product.as_vec()[0];
            let gradient = product.backward().get(&codes).as_vec();
            values
                .iter_mut()
                .zip(gradient)
                .for_each(|(value, slope)| *value -= 0.05 * slope);
        }
        assert!(last.abs() < 0.1, "{last}");
        let first = |row: usize| values[2 * row];
        assert!(
            (first(0) + first(2) - first(1) - first(3)).abs() < 0.4,
            "{values:?}"
        );
        assert!((first(2) - first(0) - 2.0).abs() < 1e-3, "{values:?}");
        assert_eq!(values[1], 1.0, "there was nothing to take away");
    }

    #[test]
    fn the_means_survive() {
        let device = Cpu::seed_from_u64(1);
        let mut means = ClassMeans::new(3, 2);
        let codes = upload(&device, (2, 2), &[1.0, -2.0, 0.5, 3.0]);
        means.product(recorded(&codes), &[2, 0]);
        let mut state = State::default();
        means.save(&mut state);
        let mut other = ClassMeans::new(3, 2);
        other.load(&State::new(&state.into_tensors())).unwrap();
        assert!(other == means && means != ClassMeans::new(3, 2));
    }
}
