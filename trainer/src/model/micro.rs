//! The preset `micro`: 28x28 grey pictures from a decoder of 28,104 weights.

use super::preset::{Preset, Sizes};
use crate::nn::{
    Backend,
    builders::{
        BatchNorm1d, BatchNorm2d, Conv2d, Flatten, LeakyReLU, Linear, MaxPool2d, ReLU, Sigmoid,
        TransposedConv2d, Unflatten,
    },
};
use dfdx::prelude::{BuildOnDevice, Const};

/// 28x28x1, the reference.
#[derive(Clone, Copy, Debug)]
pub struct Micro;

impl Sizes for Micro {
    const NAME: &'static str = "micro";
    type Channels = Const<1>;
    type Height = Const<28>;
    type Width = Const<28>;
    type LabelLatent = Const<8>;
    type StyleLatent = Const<16>;
    type Latent = Const<24>;
    type Features = Const<128>;
}

/// 28x28 to 128 features by two strided convolutions.
type Trunk = (
    (Conv2d<1, 16, 4, 2, 1, 28, 28, 14, 14, false>, ReLU),
    (Conv2d<16, 32, 4, 2, 1, 14, 14, 7, 7, true>, ReLU),
    (Flatten<32, 7, 7, 1568>, Linear<1568, 128>, ReLU),
);
/// `Encoder_S` also judges generated pictures: its first layer passes gradients on.
type EncoderS = (
    (Conv2d<1, 32, 5, 2, 2, 28, 28, 14, 14, true>, ReLU),
    (
        Conv2d<32, 40, 3, 1, 1, 14, 14, 14, 14, true>,
        MaxPool2d<40, 14, 14, 7, 7>,
        ReLU,
    ),
    (Conv2d<40, 40, 3, 1, 1, 7, 7, 7, 7, true>, ReLU),
    (Flatten<40, 7, 7, 1960>, Linear<1960, 128>, ReLU),
    Linear<128, 8>,
);
type Discriminator = (
    (Conv2d<1, 24, 4, 2, 1, 28, 28, 14, 14, true>, LeakyReLU<10>),
    (Conv2d<24, 48, 4, 2, 1, 14, 14, 7, 7, true>, LeakyReLU<10>),
    (Flatten<48, 7, 7, 2352>, Linear<2352, 128>, LeakyReLU<10>),
);
type Decoder = (
    (
        Linear<24, 784>,
        Unflatten<784, 16, 7, 7>,
        BatchNorm2d<16>,
        LeakyReLU<10>,
    ),
    (
        TransposedConv2d<16, 24, 4, 2, 1, 7, 7, 14, 14>,
        BatchNorm2d<24>,
        LeakyReLU<10>,
    ),
    (
        TransposedConv2d<24, 8, 4, 2, 1, 14, 14, 28, 28>,
        BatchNorm2d<8>,
        LeakyReLU<10>,
    ),
    (Conv2d<8, 1, 3, 1, 1, 28, 28, 28, 28, true>, Sigmoid),
);
type Adversary = (
    BatchNorm1d<16>,
    (Linear<16, 128>, ReLU),
    (Linear<128, 128>, ReLU),
);
type Judge = (
    (Conv2d<1, 32, 5, 2, 2, 28, 28, 14, 14, false>, ReLU),
    (
        Conv2d<32, 48, 3, 1, 1, 14, 14, 14, 14, true>,
        ReLU,
        MaxPool2d<48, 14, 14, 7, 7>,
    ),
    (Conv2d<48, 48, 3, 1, 1, 7, 7, 7, 7, true>, ReLU),
    (Flatten<48, 7, 7, 2352>, Linear<2352, 128>, ReLU),
);

impl<D: Backend> Preset<D> for Micro {
    type EncoderS = <EncoderS as BuildOnDevice<D, f32>>::Built;
    type EncoderU = <Trunk as BuildOnDevice<D, f32>>::Built;
    type StyleHead = <Linear<128, 16> as BuildOnDevice<D, f32>>::Built;
    type Decoder = <Decoder as BuildOnDevice<D, f32>>::Built;
    type Adversary = <Adversary as BuildOnDevice<D, f32>>::Built;
    type Discriminator = <Discriminator as BuildOnDevice<D, f32>>::Built;
    type Judge = <Judge as BuildOnDevice<D, f32>>::Built;

    fn encoder_s(device: &D) -> Self::EncoderS {
        device.build_module::<EncoderS, f32>()
    }

    fn encoder_u(device: &D) -> Self::EncoderU {
        device.build_module::<Trunk, f32>()
    }

    fn style_head(device: &D) -> Self::StyleHead {
        device.build_module::<Linear<128, 16>, f32>()
    }

    fn decoder(device: &D) -> Self::Decoder {
        device.build_module::<Decoder, f32>()
    }

    fn adversary(device: &D) -> Self::Adversary {
        device.build_module::<Adversary, f32>()
    }

    fn discriminator(device: &D) -> Self::Discriminator {
        device.build_module::<Discriminator, f32>()
    }

    fn judge(device: &D) -> Self::Judge {
        device.build_module::<Judge, f32>()
    }
}
