//! A preset of one's own, with the whole command line for it:
//!
//! ```sh
//! cargo run --release -p pixling-trainer --example own_preset -- train --data folder:icons --preset icons --out run
//! cargo run --release -p pixling-trainer --example own_preset -- export run -o icons.pxl
//! ```
//!
//! A network whose sizes do not agree does not compile. docs/presets.md says what a board allows.

use pixling_trainer::nn::builders::{
    BatchDeviation, BatchNorm2d, Conv2d, Flatten, LeakyReLU, Linear, ReLU, Rounding, Sigmoid,
    TransposedConv2d, Unflatten,
};

type Encoder = (
    (Conv2d<1, 16, 4, 2, 1, 24, 24, 12, 12>, ReLU),
    (Conv2d<16, 32, 4, 2, 1, 12, 12, 6, 6>, ReLU),
    (Flatten<32, 6, 6, 1152>, Linear<1152, 64>, ReLU),
);
type Decoder = (
    (
        Linear<16, 432>,
        Unflatten<432, 12, 6, 6>,
        BatchNorm2d<12>,
        LeakyReLU<10>,
        Rounding,
    ),
    (
        TransposedConv2d<12, 12, 4, 2, 1, 6, 6, 12, 12>,
        BatchNorm2d<12>,
        LeakyReLU<10>,
        Rounding,
    ),
    (
        TransposedConv2d<12, 8, 4, 2, 1, 12, 12, 24, 24>,
        BatchNorm2d<8>,
        LeakyReLU<10>,
        Rounding,
    ),
    (Conv2d<8, 1, 3, 1, 1, 24, 24, 24, 24>, Rounding, Sigmoid),
);
type Discriminator = (
    (Conv2d<1, 24, 4, 2, 1, 24, 24, 12, 12>, LeakyReLU<10>),
    (Conv2d<24, 48, 4, 2, 1, 12, 12, 6, 6>, LeakyReLU<10>),
    (
        Flatten<48, 6, 6, 1728>,
        BatchDeviation<1728, 1729>,
        Linear<1729, 64>,
        LeakyReLU<10>,
    ),
);

pixling_trainer::preset!(
    /// Icons of 24x24 in grey for a Cortex-M0: a file of at most 16 KiB.
    pub Icons: "icons",
    picture 1 x 24 x 24,
    latent 6 + 10 = 16,
    features 64,
    file 16_384 bytes,
    encoder_s (Encoder, Linear<64, 6>),
    encoder_u Encoder,
    decoder Decoder,
    discriminator Discriminator,
    judge Encoder
);

fn main() -> std::process::ExitCode {
    pixling_trainer::run(&[&Icons])
}
