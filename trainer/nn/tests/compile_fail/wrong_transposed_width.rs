//! A transposed convolution of 7 columns by a kernel of 4 at a stride of 2, padded by 1, has 14 columns, not 15.

use pixling_nn::builders::TransposedConv2d;

const _: () = TransposedConv2d::<32, 16, 4, 2, 1, 7, 7, 14, 15>::SHAPE;

fn main() {}
