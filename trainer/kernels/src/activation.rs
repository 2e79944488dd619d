//! Activation functions and their derivatives.

use crate::batches::in_wide_vectors;
use crate::elementwise::CHUNK;
use rayon::prelude::*;

/// An activation function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `x` above zero, the slope times `x` below.
    LeakyReLU {
        /// The slope below zero.
        slope: f32,
    },
    /// `max(x, 0)`.
    ReLU,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// Rounding to a grid, with a gradient that passes unchanged inside its range.
    Rounding(Grid),
}

/// The multiples of a step in a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// The distance of two values.
    pub step: f32,
    /// The lowest and the highest value, in steps.
    pub range: [f32; 2],
}

impl Grid {
    /// The nearest value to a number, halves up.
    #[inline(always)]
    pub fn round(&self, number: f32) -> f32 {
        let [low, high] = self.range;
        (number / self.step + 0.5).floor().clamp(low, high) * self.step
    }

    /// The lowest and the highest value.
    #[inline(always)]
    pub fn ends(&self) -> [f32; 2] {
        self.range.map(|end| end * self.step)
    }

    /// Whether a number lies between them; others are clamped.
    #[inline(always)]
    pub fn covers(&self, number: f32) -> bool {
        let [low, high] = self.ends();
        (low..=high).contains(&number)
    }
}

impl Activation {
    /// Whether its derivative follows from its value, so that it can run in place.
    pub fn runs_in_place(self) -> bool {
        !matches!(self, Activation::Rounding(_))
    }
}

/// Calls a macro with function and derivative, `(x) -> y` and `(x, y) -> slope`, of an activation.
macro_rules! with_functions {
    ($activation:expr, $call:ident ! ($($arguments:tt)*)) => {
        match $activation {
            Activation::LeakyReLU { slope } => $call!(
                $($arguments)*,
                |x: f32| if x > 0.0 { x } else { slope * x },
                |_: f32, y: f32| if y > 0.0 { 1.0 } else { slope }
            ),
            Activation::ReLU => $call!(
                $($arguments)*,
                |x: f32| x.max(0.0),
                |_: f32, y: f32| if y > 0.0 { 1.0 } else { 0.0 }
            ),
            Activation::Sigmoid => $call!(
                $($arguments)*,
                |x: f32| 1.0 / (1.0 + (-x).exp()),
                |_: f32, y: f32| y * (1.0 - y)
            ),
            Activation::Tanh => $call!($($arguments)*, f32::tanh, |_: f32, y: f32| 1.0 - y * y),
            Activation::Rounding(grid) => $call!(
                $($arguments)*,
                |x: f32| grid.round(x),
                |x: f32, _: f32| f32::from(u8::from(grid.covers(x)))
            ),
        }
    };
}

/// Writes the function of each element of `input` to `output`.
pub fn forward(activation: Activation, input: &[f32], output: &mut [f32]) {
    macro_rules! run {
        (, $function:expr, $derivative:expr) => {
            output
                .par_chunks_mut(CHUNK)
                .zip(input.par_chunks(CHUNK))
                .for_each(|(output, input)| {
                    in_wide_vectors!({
                        let function = $function;
                        for (output, input) in output.iter_mut().zip(input) {
                            *output = function(*input);
                        }
                    })
                })
        };
    }
    with_functions!(activation, run!());
}

/// Replaces each element by its function.
pub fn forward_in_place(activation: Activation, values: &mut [f32]) {
    macro_rules! run {
        (, $function:expr, $derivative:expr) => {
            values.par_chunks_mut(CHUNK).for_each(|values| {
                in_wide_vectors!({
                    let function = $function;
                    for value in values {
                        *value = function(*value);
                    }
                })
            })
        };
    }
    with_functions!(activation, run!());
}

/// Adds the gradient of [`forward`]'s input to `input_gradient`.
pub fn backward(
    activation: Activation,
    [input, output]: [&[f32]; 2],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    macro_rules! run {
        (, $function:expr, $derivative:expr) => {{
            let gradients = input_gradient
                .par_chunks_mut(CHUNK)
                .zip(output_gradient.par_chunks(CHUNK));
            let values = input.par_chunks(CHUNK).zip(output.par_chunks(CHUNK));
            gradients.zip(values).for_each(
                |((input_gradient, output_gradient), (input, output))| {
                    in_wide_vectors!({
                        let derivative = $derivative;
                        let gradients = input_gradient.iter_mut().zip(output_gradient);
                        for ((target, gradient), (input, output)) in
                            gradients.zip(input.iter().zip(output))
                        {
                            *target += derivative(*input, *output) * gradient;
                        }
                    })
                },
            )
        }};
    }
    with_functions!(activation, run!());
}

/// Turns the gradient of the result of [`forward_in_place`] into the gradient of its argument. The activation must
/// [run in place](Activation::runs_in_place).
pub fn backward_in_place(activation: Activation, output: &[f32], gradient: &mut [f32]) {
    macro_rules! run {
        (, $function:expr, $derivative:expr) => {
            gradient
                .par_chunks_mut(CHUNK)
                .zip(output.par_chunks(CHUNK))
                .for_each(|(gradient, output)| {
                    in_wide_vectors!({
                        let derivative = $derivative;
                        for (gradient, output) in gradient.iter_mut().zip(output) {
                            *gradient *= derivative(*output, *output);
                        }
                    })
                })
        };
    }
    with_functions!(activation, run!());
}
