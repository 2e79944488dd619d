//! Convolution and transposed convolution: one matrix of columns and one product for each group of pictures.

use super::batches::{GROUP, add_parts, optional_chunks, sum, with_scratch};
use super::columns;
use super::matrix::{Matrix, Product, multiply};
use crate::geometry::Geometry;
use rayon::prelude::*;

/// Where the backward pass adds its results; an absent one is not computed.
#[derive(Debug)]
pub struct GradientBuffers<'a> {
    /// Gradient of the layer's input.
    pub input: Option<&'a mut [f32]>,
    /// Gradients of the layer's parameters.
    pub parameters: Option<ParameterBuffers<'a>>,
}

/// Gradients of a layer's weights and biases.
#[derive(Debug)]
pub struct ParameterBuffers<'a> {
    /// Gradient of the weights.
    pub weight: &'a mut [f32],
    /// Gradient of the biases.
    pub bias: &'a mut [f32],
    /// One weight and one bias gradient for each group of pictures: see [`parts_len`]. Its values do not matter.
    pub parts: &'a mut [f32],
}

/// Elements that [`ParameterBuffers::parts`] must have.
pub fn parts_len(batch: usize, weight: usize, bias: usize) -> usize {
    batch.div_ceil(GROUP) * (weight + bias)
}

/// One group of pictures in the backward pass.
struct Task<'a> {
    input: &'a [f32],
    output_gradient: &'a [f32],
    input_gradient: Option<&'a mut [f32]>,
    /// The group's weight gradient, followed by its bias gradient.
    part: Option<&'a mut [f32]>,
}

/// Runs `work` on each group and sums the parameters' gradients. `sizes` are a sample's elements: input, output.
fn backward(
    sizes: [usize; 2],
    input: &[f32],
    output_gradient: &[f32],
    gradients: GradientBuffers<'_>,
    work: impl Fn(Task<'_>) + Send + Sync,
) {
    let groups = input.len().div_ceil(GROUP * sizes[0]);
    let mut parameters = gradients.parameters;
    let part_size = parameters
        .as_ref()
        .map_or(1, |buffers| buffers.weight.len() + buffers.bias.len());
    let parts = optional_chunks(
        parameters.as_mut().map(|buffers| &mut *buffers.parts),
        part_size,
        groups,
    );
    let input_gradients = optional_chunks(gradients.input, GROUP * sizes[0], groups);
    let tasks: Vec<Task<'_>> = input
        .chunks(GROUP * sizes[0])
        .zip(output_gradient.chunks(GROUP * sizes[1]))
        .zip(input_gradients.into_iter().zip(parts))
        .map(|((input, output_gradient), (input_gradient, part))| Task {
            input,
            output_gradient,
            input_gradient,
            part,
        })
        .collect();
    tasks.into_par_iter().for_each(work);
    if let Some(ParameterBuffers {
        weight,
        bias,
        parts,
    }) = parameters
    {
        add_parts(parts, part_size, 0, weight);
        add_parts(parts, part_size, weight.len(), bias);
    }
}

/// Elements of a picture, of its features and of a window; channels of the features, and elements of one.
fn sizes(geometry: &Geometry) -> [usize; 5] {
    let Geometry {
        picture, features, ..
    } = geometry;
    [
        picture.elements(),
        features.elements(),
        geometry.window(),
        features.channels,
        features.plane(),
    ]
}

/// Copies `batch` x `channels` x `plane` to `channels` x `batch` x `plane`.
#[inline(always)]
fn channels_first(values: &[f32], channels: usize, plane: usize, target: &mut [f32]) {
    let batch = values.len() / (channels * plane);
    for (index, values) in values.chunks_exact(plane).enumerate() {
        let (sample, channel) = (index / channels, index % channels);
        target[(channel * batch + sample) * plane..][..plane].copy_from_slice(values);
    }
}

/// Applies `combine(target element, value, channel)` from `channels` x `batch` x `plane` to the usual order.
#[inline(always)]
fn batch_first(
    values: &[f32],
    channels: usize,
    plane: usize,
    target: &mut [f32],
    combine: impl Fn(&mut f32, f32, usize),
) {
    let batch = values.len() / (channels * plane);
    for (index, target) in target.chunks_exact_mut(plane).enumerate() {
        let (sample, channel) = (index / channels, index % channels);
        let values = &values[(channel * batch + sample) * plane..][..plane];
        for (target, value) in target.iter_mut().zip(values) {
            combine(target, *value, channel);
        }
    }
}

/// Convolves: `input` is the pictures, `output` the features, `weight` is output channels x window.
pub fn convolve(
    geometry: &Geometry,
    input: &[f32],
    weight: &[f32],
    bias: &[f32],
    output: &mut [f32],
) {
    let [pictures, features, window, channels, plane] = sizes(geometry);
    let weight = Matrix::new(weight, channels, window);
    output
        .par_chunks_mut(GROUP * features)
        .zip(input.par_chunks(GROUP * pictures))
        .for_each(|(output, input)| {
            let width = input.len() / pictures * plane;
            with_scratch(
                [window * width, channels * width],
                #[inline(always)]
                |columns, rows| {
                    columns::gather(geometry, input, columns);
                    multiply(
                        weight,
                        Matrix::new(columns, window, width),
                        rows,
                        Product::Set,
                    );
                    batch_first(
                        rows,
                        channels,
                        plane,
                        output,
                        #[inline(always)]
                        |target, value, channel| *target = value + bias[channel],
                    );
                },
            );
        });
}

/// Adds the gradients of [`convolve`] to `gradients`.
pub fn convolve_backward(
    geometry: &Geometry,
    input: &[f32],
    weight: &[f32],
    output_gradient: &[f32],
    gradients: GradientBuffers<'_>,
) {
    let [pictures, features, window, channels, plane] = sizes(geometry);
    let weight = Matrix::new(weight, channels, window);
    backward(
        [pictures, features],
        input,
        output_gradient,
        gradients,
        |task| {
            let width = task.input.len() / pictures * plane;
            with_scratch(
                [window * width, channels * width],
                #[inline(always)]
                |columns, rows| {
                    channels_first(task.output_gradient, channels, plane, rows);
                    let output_gradient = Matrix::new(rows, channels, width);
                    if let Some(part) = task.part {
                        let (weight, bias) = part.split_at_mut(channels * window);
                        columns::gather(geometry, task.input, columns);
                        multiply(
                            output_gradient,
                            Matrix::new(columns, window, width).transposed(),
                            weight,
                            Product::Set,
                        );
                        for (bias, row) in bias.iter_mut().zip(rows.chunks_exact(width)) {
                            *bias = sum(row);
                        }
                    }
                    if let Some(input_gradient) = task.input_gradient {
                        multiply(weight.transposed(), output_gradient, columns, Product::Set);
                        columns::scatter(geometry, columns, input_gradient);
                    }
                },
            );
        },
    );
}

/// Convolves transposed: `input` is the features, `output` the pictures, `weight` is input channels x window.
pub fn convolve_transposed(
    geometry: &Geometry,
    input: &[f32],
    weight: &[f32],
    bias: &[f32],
    output: &mut [f32],
) {
    let [pictures, features, window, channels, plane] = sizes(geometry);
    let weight = Matrix::new(weight, channels, window).transposed();
    output
        .par_chunks_mut(GROUP * pictures)
        .zip(input.par_chunks(GROUP * features))
        .for_each(|(output, input)| {
            let width = input.len() / features * plane;
            with_scratch(
                [window * width, channels * width],
                #[inline(always)]
                |columns, rows| {
                    channels_first(input, channels, plane, rows);
                    multiply(
                        weight,
                        Matrix::new(rows, channels, width),
                        columns,
                        Product::Set,
                    );
                    for picture in output.chunks_exact_mut(pictures) {
                        for (plane, bias) in
                            picture.chunks_exact_mut(geometry.picture.plane()).zip(bias)
                        {
                            plane.fill(*bias);
                        }
                    }
                    columns::scatter(geometry, columns, output);
                },
            );
        });
}

/// Adds the gradients of [`convolve_transposed`] to `gradients`.
pub fn convolve_transposed_backward(
    geometry: &Geometry,
    input: &[f32],
    weight: &[f32],
    output_gradient: &[f32],
    gradients: GradientBuffers<'_>,
) {
    let [pictures, features, window, channels, plane] = sizes(geometry);
    let weight = Matrix::new(weight, channels, window);
    backward(
        [features, pictures],
        input,
        output_gradient,
        gradients,
        |task| {
            let width = task.input.len() / features * plane;
            with_scratch(
                [window * width, channels * width],
                #[inline(always)]
                |columns, rows| {
                    columns::gather(geometry, task.output_gradient, columns);
                    let columns = Matrix::new(columns, window, width);
                    if let Some(part) = task.part {
                        let (weight, bias) = part.split_at_mut(channels * window);
                        channels_first(task.input, channels, plane, rows);
                        multiply(
                            Matrix::new(rows, channels, width),
                            columns.transposed(),
                            weight,
                            Product::Set,
                        );
                        bias.fill(0.0);
                        for picture in task.output_gradient.chunks_exact(pictures) {
                            for (bias, plane) in bias
                                .iter_mut()
                                .zip(picture.chunks_exact(geometry.picture.plane()))
                            {
                                *bias += sum(plane);
                            }
                        }
                    }
                    if let Some(input_gradient) = task.input_gradient {
                        multiply(weight, columns, rows, Product::Set);
                        batch_first(
                            rows,
                            channels,
                            plane,
                            input_gradient,
                            #[inline(always)]
                            |target, value, _| *target += value,
                        );
                    }
                },
            );
        },
    );
}
