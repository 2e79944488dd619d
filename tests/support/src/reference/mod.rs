//! Model files and their pictures by the documents alone: `docs/format.md` is written and `docs/arithmetic.md` computed in
//! the plainest way, a whole feature map at a time. Of the runtime only the types of a description are taken, none of its
//! code. [`ReferenceModel::random`] has every operator, coding, activation and prior.

mod exhaustive;
mod file;
mod latent;
mod picture;
mod random;
mod weights;

pub use exhaustive::WAYS_OF_WEIGHTS;
use pixling::{Activation, Coding, Operator, Shape};

/// A model as a file describes it.
#[derive(Clone, Debug)]
pub struct ReferenceModel {
    /// Classes, at least 1; their labels are numbers.
    pub classes: u16,
    /// Dimensions of the latent of the class.
    pub z_s: u16,
    /// Dimensions of the latent of the style.
    pub z_u: u16,
    /// The distribution of the latents.
    pub prior: ReferencePrior,
    /// 256 pixels from the value -128 on, or 129 from the value 0 on.
    pub pixels: Vec<u8>,
    /// The decoder.
    pub layers: Vec<ReferenceLayer>,
}

/// The distribution of the latents.
#[derive(Clone, Debug)]
pub enum ReferencePrior {
    /// One Gaussian for each class.
    Gaussians {
        /// A mean for each class and dimension of `z_s`, in 1/256 of a step.
        mu: Vec<i16>,
        /// Deviations, likewise.
        sigma: Vec<u16>,
        /// The deviation of each dimension of `z_u`.
        z_u_sigma: u16,
    },
    /// Components of each class, and styles.
    Mixture {
        /// The smallest deviation but 0, in 1/256 of a step.
        unit: u16,
        /// Components of a class.
        components: u16,
        /// A weight for each class and component.
        weights: Vec<u8>,
        /// The components' Gaussians, coded as in a file.
        normals: Vec<u8>,
        /// A weight for each style.
        style_weights: Vec<u8>,
        /// The styles' Gaussians, coded as in a file.
        styles: Vec<u8>,
    },
}

/// A layer as a file describes it.
#[derive(Clone, Debug)]
pub struct ReferenceLayer {
    /// The operator.
    pub operator: Operator,
    /// The shape that it reads.
    pub input: Shape,
    /// The shape that it writes.
    pub output: Shape,
    /// The value that stands for zero in its output.
    pub zero_point: i8,
    /// The activation.
    pub activation: Activation,
    /// The form of the numbers.
    pub coding: Coding,
    /// The table of weights, as in a file.
    pub weights: Vec<u8>,
    /// Biases as they stand in a file: with weights of four bits from -128 to 127, before their shift.
    pub bias: Vec<i32>,
    /// Multipliers from zero on, as they stand in a file: with weights of four bits below 2^16, before their shift.
    pub multipliers: Vec<u32>,
}

impl ReferenceLayer {
    /// The multiplier below zero of one from zero on: the activation.
    fn below_zero(&self, multiplier: u32) -> u32 {
        match self.activation {
            Activation::Linear => multiplier,
            Activation::Relu => 0,
            Activation::LeakyRelu { slope } => {
                ((u64::from(multiplier) * u64::from(slope) + (1 << 15)) >> 16) as u32
            }
        }
    }

    /// Shifts of a bias and a multiplier of the file.
    fn shifts(&self) -> [u8; 2] {
        match self.coding {
            Coding::Int8 => [0; 2],
            Coding::Int4 {
                bias_shift,
                multiplier_shift,
            } => [bias_shift, multiplier_shift],
            other => panic!("no definition of {other:?}"),
        }
    }
}
