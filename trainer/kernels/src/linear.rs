//! Dense layers: products over groups of samples or of outputs.

use super::batches::sum;
use super::convolution::GradientBuffers;
use super::matrix::{Matrix, Product, multiply};
use rayon::prelude::*;

/// Samples per task: more than for convolutions, because every task packs the weights anew.
const SAMPLES: usize = 32;

/// Sizes of a dense layer.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Features of its input.
    pub inputs: usize,
    /// Features of its output.
    pub outputs: usize,
}

/// `output = input * weight^T + bias`, with `weight` of outputs x inputs.
pub fn forward(sizes: Sizes, input: &[f32], weight: &[f32], bias: &[f32], output: &mut [f32]) {
    let Sizes { inputs, outputs } = sizes;
    let weight = Matrix::new(weight, outputs, inputs).transposed();
    output
        .par_chunks_mut(SAMPLES * outputs)
        .zip(input.par_chunks(SAMPLES * inputs))
        .for_each(|(output, input)| {
            for sample in output.chunks_exact_mut(outputs) {
                sample.copy_from_slice(bias);
            }
            multiply(
                Matrix::new(input, input.len() / inputs, inputs),
                weight,
                output,
                Product::Add,
            );
        });
}

/// Adds the gradients of [`forward`] to `gradients`, whose parts are not used.
pub fn backward(
    sizes: Sizes,
    input: &[f32],
    weight: &[f32],
    output_gradient: &[f32],
    gradients: GradientBuffers<'_>,
) {
    let Sizes { inputs, outputs } = sizes;
    let samples = input.len() / inputs;
    if let Some(parameters) = gradients.parameters {
        // Rows of the weights are split, not the batch: each sum is whole and no parts have to be added.
        let rows = outputs.div_ceil(8).max(16);
        let input = Matrix::new(input, samples, inputs);
        let transposed = transpose(output_gradient, samples, outputs);
        let tasks = parameters
            .weight
            .par_chunks_mut(rows * inputs)
            .zip(parameters.bias.par_chunks_mut(rows));
        tasks.enumerate().for_each(|(index, (weight, bias))| {
            let gradient = &transposed[index * rows * samples..][..bias.len() * samples];
            multiply(
                Matrix::new(gradient, bias.len(), samples),
                input,
                weight,
                Product::Add,
            );
            if samples > 0 {
                for (bias, gradient) in bias.iter_mut().zip(gradient.chunks_exact(samples)) {
                    *bias += sum(gradient);
                }
            }
        });
    }
    if let Some(input_gradient) = gradients.input {
        let weight = Matrix::new(weight, outputs, inputs);
        let tasks = input_gradient
            .par_chunks_mut(SAMPLES * inputs)
            .zip(output_gradient.par_chunks(SAMPLES * outputs));
        tasks.for_each(|(input_gradient, gradient)| {
            let gradient = Matrix::new(gradient, gradient.len() / outputs, outputs);
            multiply(gradient, weight, input_gradient, Product::Add);
        });
    }
}

/// Rows of a transposed matrix are slices, which a product can take a range of.
fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut transposed = vec![0.0; values.len()];
    for (row, values) in values.chunks_exact(columns).enumerate() {
        for (column, value) in values.iter().enumerate() {
            transposed[column * rows + row] = *value;
        }
    }
    transposed
}
