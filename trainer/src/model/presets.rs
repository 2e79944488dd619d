//! The presets: networks as types.
//!
//! The decoder goes to the chip: its channels are multiples of 4, which fast kernels want, and it ends in a sigmoid.
//! The other networks stay on the workstation.

use crate::preset;
use pixling_nn::builders::{
    BatchDeviation, BatchNorm1d, BatchNorm2d, Conv2d, Flatten, LeakyReLU, Linear, MaxPool2d,
    Modulated, Modulation, ReLU, Rounding, Sigmoid, TransposedConv2d, Unflatten, Unmodulated,
};

/// The adversarial classifier without its last layer. The normalization keeps `Encoder_U` from evading it with a small
/// `z_u`.
pub type Adversary<const Z: usize, const F: usize> =
    (BatchNorm1d<Z>, (Linear<Z, F>, ReLU), (Linear<F, F>, ReLU));

/// The start of a decoder: from `Z` latents by `F` values to `C` maps of `S` x `S`.
type FirstMaps<const Z: usize, const F: usize, const C: usize, const S: usize> = (
    Linear<Z, F>,
    Unflatten<F, C, S, S>,
    BatchNorm2d<C>,
    LeakyReLU<10>,
    Rounding,
);

/// A step of a decoder: from `CI` maps of `S` x `S` to `CO` maps of twice the side, `O`.
type Enlarge<const CI: usize, const CO: usize, const S: usize, const O: usize> = (
    TransposedConv2d<CI, CO, 4, 2, 1, S, S, O, O>,
    BatchNorm2d<CO>,
    LeakyReLU<10>,
    Rounding,
);

/// The same with channels that the `Z` latents scale and shift, in a modulated decoder.
type EnlargeModulated<
    const Z: usize,
    const CI: usize,
    const CO: usize,
    const S: usize,
    const O: usize,
> = (
    Unmodulated<(
        TransposedConv2d<CI, CO, 4, 2, 1, S, S, O, O>,
        BatchNorm2d<CO>,
    )>,
    Modulation<Z, CO>,
    Unmodulated<(LeakyReLU<10>, Rounding)>,
);

/// The end of a discriminator: from `C` maps of `S` x `S`, which are `F` values and with their deviation `V`, to `O`
/// features.
type WithDeviation<const C: usize, const S: usize, const F: usize, const V: usize, const O: usize> = (
    Flatten<C, S, S, F>,
    BatchDeviation<F, V>,
    Linear<V, O>,
    LeakyReLU<10>,
);

preset!(
    /// 16x16x1 for a Cortex-M0 with 16 KiB of RAM.
    pub Nano: "nano",
    picture 1 x 16 x 16,
    latent 6 + 8 = 14,
    features 64,
    file 8_192 bytes,
    encoder_s nano::EncoderS,
    encoder_u nano::EncoderU,
    decoder nano::Decoder,
    discriminator nano::Discriminator,
    judge nano::Judge
);
preset!(
    /// 28x28x1 with half of the work of [`Micro`], for a Cortex-M0.
    pub MicroPlain: "micro-plain",
    picture 1 x 28 x 28,
    latent 8 + 16 = 24,
    features 128,
    file 32_768 bytes,
    encoder_s micro::EncoderS,
    encoder_u micro::EncoderU,
    decoder micro::PlainDecoder,
    discriminator micro::Discriminator,
    judge micro::Judge
);
preset!(
    /// 28x28x1, the reference.
    pub Micro: "micro",
    picture 1 x 28 x 28,
    latent 8 + 16 = 24,
    features 128,
    file 32_768 bytes,
    encoder_s micro::EncoderS,
    encoder_u micro::EncoderU,
    decoder micro::Decoder,
    discriminator micro::Discriminator,
    judge micro::Judge
);
preset!(
    /// 28x28x1 in half of the flash of [`Micro`].
    pub MicroSmall: "micro-small",
    picture 1 x 28 x 28,
    latent 8 + 16 = 24,
    features 128,
    file 16_384 bytes,
    encoder_s micro::EncoderS,
    encoder_u micro::EncoderU,
    decoder micro::SmallDecoder,
    discriminator micro::Discriminator,
    judge micro::Judge
);
preset!(
    /// 32x32x3, sprites in colour.
    pub Mini: "mini",
    picture 3 x 32 x 32,
    latent 8 + 24 = 32,
    features 128,
    file 65_536 bytes,
    encoder_s mini::EncoderS,
    encoder_u mini::EncoderU,
    decoder mini::Decoder,
    discriminator mini::Discriminator,
    judge mini::Judge
);
preset!(
    /// 64x64x3 for a Cortex-M4 and up.
    pub Milli: "milli",
    picture 3 x 64 x 64,
    latent 16 + 48 = 64,
    features 128,
    file 196_608 bytes,
    encoder_s milli::EncoderS,
    encoder_u milli::EncoderU,
    decoder milli::Decoder,
    discriminator milli::Discriminator,
    judge milli::Judge
);
preset!(
    /// The paper's toy experiment: a point of the plane is a picture of one pixel with two values, of any size.
    pub Toy: "toy",
    picture 2 x 1 x 1,
    latent 2 + 2 = 4,
    features 64,
    file 65_536 bytes,
    encoder_s toy::EncoderS,
    encoder_u toy::EncoderU,
    decoder toy::Decoder,
    discriminator toy::Discriminator,
    judge toy::Judge
);

// A first layer whose last parameter is true passes gradients to the picture: its network also reads generated ones.

mod nano {
    use super::*;

    pub(super) type EncoderS = (
        (
            Conv2d<1, 16, 3, 1, 1, 16, 16, 16, 16, true>,
            MaxPool2d<16, 16, 16, 8, 8>,
            ReLU,
        ),
        (
            Conv2d<16, 32, 3, 1, 1, 8, 8, 8, 8, true>,
            MaxPool2d<32, 8, 8, 4, 4>,
            ReLU,
        ),
        (Conv2d<32, 32, 3, 1, 1, 4, 4, 4, 4, true>, ReLU),
        (Flatten<32, 4, 4, 512>, Linear<512, 64>, ReLU),
        Linear<64, 6>,
    );
    pub(super) type EncoderU = (
        (Conv2d<1, 16, 4, 2, 1, 16, 16, 8, 8, false>, ReLU),
        (Conv2d<16, 32, 4, 2, 1, 8, 8, 4, 4, true>, ReLU),
        (Flatten<32, 4, 4, 512>, Linear<512, 64>, ReLU),
    );
    pub(super) type Decoder = Modulated<(
        Unmodulated<FirstMaps<14, 256, 16, 4>>,
        EnlargeModulated<14, 16, 16, 4, 8>,
        EnlargeModulated<14, 16, 8, 8, 16>,
        Unmodulated<(Conv2d<8, 1, 3, 1, 1, 16, 16, 16, 16>, Rounding, Sigmoid)>,
    )>;
    pub(super) type Discriminator = (
        (Conv2d<1, 24, 4, 2, 1, 16, 16, 8, 8, true>, LeakyReLU<10>),
        (Conv2d<24, 48, 4, 2, 1, 8, 8, 4, 4, true>, LeakyReLU<10>),
        WithDeviation<48, 4, 768, 769, 64>,
    );
    pub(super) type Judge = (
        (
            Conv2d<1, 32, 3, 1, 1, 16, 16, 16, 16, false>,
            MaxPool2d<32, 16, 16, 8, 8>,
            ReLU,
        ),
        (
            Conv2d<32, 48, 3, 1, 1, 8, 8, 8, 8, true>,
            MaxPool2d<48, 8, 8, 4, 4>,
            ReLU,
        ),
        (Conv2d<48, 48, 3, 1, 1, 4, 4, 4, 4, true>, ReLU),
        (Flatten<48, 4, 4, 768>, Linear<768, 64>, ReLU),
    );
}

mod micro {
    use super::*;

    pub(super) type EncoderS = (
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
    pub(super) type EncoderU = (
        (Conv2d<1, 16, 4, 2, 1, 28, 28, 14, 14, false>, ReLU),
        (Conv2d<16, 32, 4, 2, 1, 14, 14, 7, 7, true>, ReLU),
        (Flatten<32, 7, 7, 1568>, Linear<1568, 128>, ReLU),
    );
    pub(super) type Decoder = Modulated<(
        Unmodulated<FirstMaps<24, 980, 20, 7>>,
        EnlargeModulated<24, 20, 36, 7, 14>,
        EnlargeModulated<24, 36, 12, 14, 28>,
        Unmodulated<(Conv2d<12, 1, 3, 1, 1, 28, 28, 28, 28>, Rounding, Sigmoid)>,
    )>;
    pub(super) type SmallDecoder = Modulated<(
        Unmodulated<FirstMaps<24, 392, 8, 7>>,
        EnlargeModulated<24, 8, 36, 7, 14>,
        EnlargeModulated<24, 36, 12, 14, 28>,
        Unmodulated<(Conv2d<12, 1, 3, 1, 1, 28, 28, 28, 28>, Rounding, Sigmoid)>,
    )>;
    pub(super) type PlainDecoder = (
        FirstMaps<24, 784, 16, 7>,
        Enlarge<16, 24, 7, 14>,
        Enlarge<24, 8, 14, 28>,
        (Conv2d<8, 1, 3, 1, 1, 28, 28, 28, 28>, Rounding, Sigmoid),
    );
    pub(super) type Discriminator = (
        (Conv2d<1, 24, 4, 2, 1, 28, 28, 14, 14, true>, LeakyReLU<10>),
        (Conv2d<24, 48, 4, 2, 1, 14, 14, 7, 7, true>, LeakyReLU<10>),
        WithDeviation<48, 7, 2352, 2353, 128>,
    );
    pub(super) type Judge = (
        (Conv2d<1, 32, 5, 2, 2, 28, 28, 14, 14, false>, ReLU),
        (
            Conv2d<32, 48, 3, 1, 1, 14, 14, 14, 14, true>,
            ReLU,
            MaxPool2d<48, 14, 14, 7, 7>,
        ),
        (Conv2d<48, 48, 3, 1, 1, 7, 7, 7, 7, true>, ReLU),
        (Flatten<48, 7, 7, 2352>, Linear<2352, 128>, ReLU),
    );
}

mod mini {
    use super::*;

    pub(super) type EncoderS = (
        (Conv2d<3, 32, 5, 2, 2, 32, 32, 16, 16, true>, ReLU),
        (
            Conv2d<32, 40, 3, 1, 1, 16, 16, 16, 16, true>,
            MaxPool2d<40, 16, 16, 8, 8>,
            ReLU,
        ),
        (Conv2d<40, 48, 3, 1, 1, 8, 8, 8, 8, true>, ReLU),
        (Flatten<48, 8, 8, 3072>, Linear<3072, 128>, ReLU),
        Linear<128, 8>,
    );
    pub(super) type EncoderU = (
        (Conv2d<3, 24, 4, 2, 1, 32, 32, 16, 16, false>, ReLU),
        (Conv2d<24, 48, 4, 2, 1, 16, 16, 8, 8, true>, ReLU),
        (Flatten<48, 8, 8, 3072>, Linear<3072, 128>, ReLU),
    );
    pub(super) type Decoder = Modulated<(
        Unmodulated<FirstMaps<32, 1024, 16, 8>>,
        EnlargeModulated<32, 16, 24, 8, 16>,
        EnlargeModulated<32, 24, 16, 16, 32>,
        Unmodulated<(Conv2d<16, 3, 3, 1, 1, 32, 32, 32, 32>, Rounding, Sigmoid)>,
    )>;
    pub(super) type Discriminator = (
        (Conv2d<3, 32, 4, 2, 1, 32, 32, 16, 16, true>, LeakyReLU<10>),
        (Conv2d<32, 64, 4, 2, 1, 16, 16, 8, 8, true>, LeakyReLU<10>),
        WithDeviation<64, 8, 4096, 4097, 128>,
    );
    pub(super) type Judge = (
        (Conv2d<3, 32, 5, 2, 2, 32, 32, 16, 16, false>, ReLU),
        (
            Conv2d<32, 48, 3, 1, 1, 16, 16, 16, 16, true>,
            ReLU,
            MaxPool2d<48, 16, 16, 8, 8>,
        ),
        (Conv2d<48, 48, 3, 1, 1, 8, 8, 8, 8, true>, ReLU),
        (Flatten<48, 8, 8, 3072>, Linear<3072, 128>, ReLU),
    );
}

mod milli {
    use super::*;

    pub(super) type EncoderS = (
        (Conv2d<3, 24, 5, 2, 2, 64, 64, 32, 32, true>, ReLU),
        (Conv2d<24, 48, 4, 2, 1, 32, 32, 16, 16, true>, ReLU),
        (
            Conv2d<48, 64, 3, 1, 1, 16, 16, 16, 16, true>,
            MaxPool2d<64, 16, 16, 8, 8>,
            ReLU,
        ),
        (Flatten<64, 8, 8, 4096>, Linear<4096, 128>, ReLU),
        Linear<128, 16>,
    );
    pub(super) type EncoderU = (
        (Conv2d<3, 24, 4, 2, 1, 64, 64, 32, 32, false>, ReLU),
        (Conv2d<24, 48, 4, 2, 1, 32, 32, 16, 16, true>, ReLU),
        (Conv2d<48, 64, 4, 2, 1, 16, 16, 8, 8, true>, ReLU),
        (Flatten<64, 8, 8, 4096>, Linear<4096, 128>, ReLU),
    );
    pub(super) type Decoder = Modulated<(
        Unmodulated<FirstMaps<64, 1536, 24, 8>>,
        EnlargeModulated<64, 24, 32, 8, 16>,
        EnlargeModulated<64, 32, 24, 16, 32>,
        EnlargeModulated<64, 24, 12, 32, 64>,
        Unmodulated<(Conv2d<12, 3, 3, 1, 1, 64, 64, 64, 64>, Rounding, Sigmoid)>,
    )>;
    pub(super) type Discriminator = (
        (Conv2d<3, 32, 4, 2, 1, 64, 64, 32, 32, true>, LeakyReLU<10>),
        (Conv2d<32, 64, 4, 2, 1, 32, 32, 16, 16, true>, LeakyReLU<10>),
        (Conv2d<64, 96, 4, 2, 1, 16, 16, 8, 8, true>, LeakyReLU<10>),
        WithDeviation<96, 8, 6144, 6145, 128>,
    );
    pub(super) type Judge = (
        (Conv2d<3, 24, 5, 2, 2, 64, 64, 32, 32, false>, ReLU),
        (Conv2d<24, 48, 4, 2, 1, 32, 32, 16, 16, true>, ReLU),
        (
            Conv2d<48, 64, 3, 1, 1, 16, 16, 16, 16, true>,
            ReLU,
            MaxPool2d<64, 16, 16, 8, 8>,
        ),
        (Flatten<64, 8, 8, 4096>, Linear<4096, 128>, ReLU),
    );
}

mod toy {
    use super::*;

    pub(super) type EncoderS = (
        (Flatten<2, 1, 1, 2>, Linear<2, 64>, LeakyReLU<10>),
        (Linear<64, 64>, LeakyReLU<10>),
        Linear<64, 2>,
    );
    pub(super) type EncoderU = (
        WithDeviation<2, 1, 2, 3, 64>,
        (Linear<64, 64>, LeakyReLU<10>),
    );
    pub(super) type Decoder = (
        (Linear<4, 64>, LeakyReLU<10>),
        (Linear<64, 64>, LeakyReLU<10>),
        (Linear<64, 2>, Unflatten<2, 2, 1, 1>),
    );
    pub(super) type Discriminator = (
        WithDeviation<2, 1, 2, 3, 64>,
        (Linear<64, 64>, LeakyReLU<10>),
    );
    pub(super) type Judge = Discriminator;
}
