//! 32 feature maps of 7 x 7 are 1568 features, not 1586.

use pixling_nn::builders::Flatten;

const _: () = Flatten::<32, 7, 7, 1586>::SHAPE;

fn main() {}
