//! The second layer wants 32 channels, the first gives 16.

use dfdx::prelude::{Const, Cpu, DeviceBuildExt, Module, Tensor, ZerosTensor};
use pixling_nn::builders::Conv2d;

fn main() {
    let device = Cpu::default();
    let first = device.build_module::<Conv2d<1, 16, 4, 2, 1, 28, 28, 14, 14>, f32>();
    let second = device.build_module::<Conv2d<32, 8, 4, 2, 1, 14, 14, 7, 7>, f32>();
    let input: Tensor<(usize, Const<1>, Const<28>, Const<28>), f32, Cpu> =
        device.zeros_like(&(1, Const, Const, Const));
    second.forward(first.forward(input));
}
