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
pub use picture::outputs_of_layers;
use pixling::{Activation, Coding, Layer, Operator, Shape};

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
    /// The layer of a record.
    ///
    /// # Panics
    ///
    /// When a multiplier below zero is another one than the activation gives.
    pub fn of(layer: &Layer<'_>) -> ReferenceLayer {
        let (bias, multipliers): (Vec<i32>, Vec<u32>) = match layer.head.coding {
            Coding::Int8 => (
                words(layer.tables.bias, i32::from_le_bytes),
                words(layer.tables.multipliers, u32::from_le_bytes),
            ),
            _ => (
                words(layer.tables.bias, |it| i8::from_le_bytes(it).into()),
                words(layer.tables.multipliers, |it| u16::from_le_bytes(it).into()),
            ),
        };
        let pairs = multipliers.chunks_exact(2);
        let found = ReferenceLayer {
            operator: layer.geometry.operator,
            input: layer.geometry.input,
            output: layer.geometry.output,
            zero_point: layer.head.zero_point,
            activation: layer.head.activation,
            coding: layer.head.coding,
            weights: layer.tables.weights.to_vec(),
            bias,
            multipliers: pairs.clone().map(|pair| pair[0]).collect(),
        };
        for pair in pairs {
            assert_eq!(pair[1], found.below_zero(pair[0]));
        }
        found
    }

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

/// The numbers of a table.
fn words<const BYTES: usize, T>(table: &[u8], number: impl Fn([u8; BYTES]) -> T) -> Vec<T> {
    let (words, rest) = table.as_chunks();
    assert!(rest.is_empty());
    words.iter().map(|word| number(*word)).collect()
}
