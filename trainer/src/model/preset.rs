//! Sizes of pictures, latents and networks, as types: a network that does not fit its neighbours does not compile.

use super::network::Network;
use crate::data::Format;
use crate::export::Lower;
use crate::nn::Backend;
use dfdx::prelude::ConstDim;

/// Pictures of a preset: batch, channels, rows, columns; values from 0 to 1.
pub type Pictures<P> = (
    usize,
    <P as Sizes>::Channels,
    <P as Sizes>::Height,
    <P as Sizes>::Width,
);

/// The sizes of a preset.
pub trait Sizes: 'static {
    /// Its name on the command line and in files.
    const NAME: &'static str;
    /// Values per pixel.
    type Channels: ConstDim;
    /// Rows of a picture.
    type Height: ConstDim;
    /// Columns of a picture.
    type Width: ConstDim;
    /// Dimensions of `z_s`, the label relevant latent.
    type LabelLatent: ConstDim;
    /// Dimensions of `z_u`, the label irrelevant latent.
    type StyleLatent: ConstDim;
    /// Dimensions of `[z_s, z_u]`.
    type Latent: ConstDim;
    /// Features before the last layers of `Encoder_U`, the adversarial classifier and the judge.
    type Features: ConstDim;

    /// The picture format that data must have.
    fn format() -> Format {
        Format {
            width: Self::Width::SIZE,
            height: Self::Height::SIZE,
            channels: Self::Channels::SIZE,
        }
    }

    /// The shape of a batch of pictures.
    fn pictures(batch: usize) -> Pictures<Self>
    where
        Self: Sized,
    {
        (
            batch,
            Self::Channels::default(),
            Self::Height::default(),
            Self::Width::default(),
        )
    }
}

/// The networks of a preset on a device.
pub trait Preset<D: Backend>: Sizes + Sized {
    /// `x -> z_s`.
    type EncoderS: Network<D, Pictures<Self>, (usize, Self::LabelLatent)>;
    /// `x ->` the features that mean and variance of `z_u` are read from.
    type EncoderU: Network<D, Pictures<Self>, (usize, Self::Features)>;
    /// Features to the mean, or to the logarithm of the variance, of `z_u`.
    type StyleHead: Network<D, (usize, Self::Features), (usize, Self::StyleLatent)>;
    /// Features to what a VAE has in place of `z_s`.
    type LabelHead: Network<D, (usize, Self::Features), (usize, Self::LabelLatent)>;
    /// Features to features of a picture whose class is told.
    type Condition: Network<D, (usize, Self::Features), (usize, Self::Features)>;
    /// `[z_s, z_u] -> x'`; the part that goes to the chip.
    type Decoder: Network<D, (usize, Self::Latent), Pictures<Self>> + Lower;
    /// `z_u ->` the features that the adversarial classifier tells classes by.
    type Adversary: Network<D, (usize, Self::StyleLatent), (usize, Self::Features)>;
    /// `x ->` the features that the discriminator tells real pictures by.
    type Discriminator: Network<D, Pictures<Self>, (usize, Self::Features)>;
    /// `x ->` the features that the judge tells classes by.
    type Judge: Network<D, Pictures<Self>, (usize, Self::Features)>;

    /// An `Encoder_S` with random weights.
    fn encoder_s(device: &D) -> Self::EncoderS;
    /// An `Encoder_U` with random weights.
    fn encoder_u(device: &D) -> Self::EncoderU;
    /// A head with random weights.
    fn style_head(device: &D) -> Self::StyleHead;
    /// A head of a VAE with random weights.
    fn label_head(device: &D) -> Self::LabelHead;
    /// A dense layer with random weights.
    fn condition(device: &D) -> Self::Condition;
    /// A decoder with random weights.
    fn decoder(device: &D) -> Self::Decoder;
    /// An adversarial classifier's features with random weights.
    fn adversary(device: &D) -> Self::Adversary;
    /// A discriminator's features with random weights.
    fn discriminator(device: &D) -> Self::Discriminator;
    /// A judge's features with random weights.
    fn judge(device: &D) -> Self::Judge;
}
