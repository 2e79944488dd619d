//! A convolution of 28 rows by a kernel of 4 at a stride of 2, padded by 1, has 14 rows, not 13.

use pixling_nn::builders::Conv2d;

const _: () = Conv2d::<1, 16, 4, 2, 1, 28, 28, 13, 14>::SHAPE;

fn main() {}
