//! Presets: the sizes of pictures and latents, and the networks between them.

use crate::data::Format;
use pixling_nn::{Backend, Network};

/// The sizes of a preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// The picture format that data must have.
    pub picture: Format,
    /// Dimensions of `z_s`, the label relevant latent.
    pub label: usize,
    /// Dimensions of `z_u`, the label irrelevant latent.
    pub style: usize,
    /// Features before the last layers of `Encoder_U`, the adversarial classifier and the judge.
    pub features: usize,
    /// Bytes of flash for a model file: layers get 4-bit weights where it would be larger.
    pub file_bytes: u64,
}

impl Sizes {
    /// Dimensions of `[z_s, z_u]`.
    pub fn latent(&self) -> usize {
        self.label + self.style
    }

    /// Values of a picture.
    pub fn pixels(&self) -> usize {
        self.picture.bytes_per_picture()
    }
}

/// Sizes and networks. [`preset!`](crate::preset!) describes one with networks as types, so that sizes that do not
/// agree do not compile. All other code uses a preset through this trait and is compiled once.
///
/// Pictures are rows of values from 0 to 1, channels one after another.
pub trait Preset<D: Backend>: Sync {
    /// Its name on the command line and in files.
    fn name(&self) -> &'static str;

    /// Its sizes.
    fn sizes(&self) -> Sizes;

    /// `x -> z_s`.
    fn encoder_s(&self, device: &D) -> Network<D>;

    /// `x ->` the features that mean and variance of `z_u` are read from.
    fn encoder_u(&self, device: &D) -> Network<D>;

    /// Features to the mean, or to the logarithm of the variance, of `z_u`.
    fn style_head(&self, device: &D) -> Network<D>;

    /// Features to the part of a VAE's latent that stands in place of `z_s`.
    fn label_head(&self, device: &D) -> Network<D>;

    /// Features to features of a picture with a given class.
    fn condition(&self, device: &D) -> Network<D>;

    /// `[z_s, z_u] -> x'`; the part that goes to the chip.
    fn decoder(&self, device: &D) -> Network<D>;

    /// `z_u ->` the features of the adversarial classifier.
    fn adversary(&self, device: &D) -> Network<D>;

    /// `x ->` the features of the discriminator.
    fn discriminator(&self, device: &D) -> Network<D>;

    /// `x ->` the features of the judge.
    fn judge(&self, device: &D) -> Network<D>;
}

/// Describes a preset: its name, its sizes, and its networks as types of [`nn::builders`](crate::nn::builders).
///
/// A picture is channels x rows x columns; the latent is `z_s` + `z_u`. `encoder_s` gives `z_s`; `encoder_u`,
/// `discriminator` and `judge` give the features. A file has at most `file` bytes of flash unless another budget is given. The type is a [`Preset`](crate::model::Preset) on every device.
#[macro_export]
macro_rules! preset {
    (
        $(#[$doc:meta])*
        $visibility:vis $name:ident: $text:literal,
        picture $channels:literal x $height:literal x $width:literal,
        latent $label:literal + $style:literal = $latent:literal,
        features $features:literal,
        file $file:literal bytes,
        encoder_s $encoder_s:ty,
        encoder_u $encoder_u:ty,
        decoder $decoder:ty,
        discriminator $discriminator:ty,
        judge $judge:ty $(,)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        $visibility struct $name;

        const _: () = assert!($label + $style == $latent, "the parts of the latent do not add up");

        impl<D: $crate::nn::Backend> $crate::model::Preset<D> for $name {
            fn name(&self) -> &'static str {
                $text
            }

            fn sizes(&self) -> $crate::model::Sizes {
                $crate::model::Sizes {
                    picture: $crate::data::Format {
                        width: $width,
                        height: $height,
                        channels: $channels,
                    },
                    label: $label,
                    style: $style,
                    features: $features,
                    file_bytes: $file,
                }
            }

            $crate::preset!(@network encoder_s: $encoder_s, [$channels, $height, $width] -> [$label]);
            $crate::preset!(@network encoder_u: $encoder_u, [$channels, $height, $width] -> [$features]);
            $crate::preset!(@network style_head: $crate::nn::builders::Linear<$features, $style>, [$features] -> [$style]);
            $crate::preset!(@network label_head: $crate::nn::builders::Linear<$features, $label>, [$features] -> [$label]);
            $crate::preset!(@network condition: $crate::nn::builders::Linear<$features, $features>, [$features] -> [$features]);
            $crate::preset!(@network decoder: $decoder, [$latent] -> [$channels, $height, $width]);
            $crate::preset!(@network adversary: $crate::model::Adversary<$style, $features>, [$style] -> [$features]);
            $crate::preset!(@network discriminator: $discriminator, [$channels, $height, $width] -> [$features]);
            $crate::preset!(@network judge: $judge, [$channels, $height, $width] -> [$features]);
        }
    };
    (@network $method:ident: $network:ty, [$($input:literal),+] -> [$($output:literal),+]) => {
        fn $method(&self, device: &D) -> $crate::nn::Network<D> {
            $crate::nn::Network::build::<
                $network,
                ($($crate::nn::Const<$input>,)+),
                ($($crate::nn::Const<$output>,)+),
            >(device)
        }
    };
}
