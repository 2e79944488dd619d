//! Networks of the trainer as decoders of the runtime: each layer adds itself to a [`FloatDecoder`].

use super::float_decoder::{FloatActivation, FloatDecoder, PixelFunction};
use crate::nn::{
    BatchNorm2d, Conv2d, Grid, LeakyReLU, Linear, ReLU, Rounding, Sigmoid, Tanh, TransposedConv2d,
    Unflatten,
};
use anyhow::{Result, bail};
use dfdx::tensor_ops::Device;

/// A layer, or a network of layers, that the runtime can run.
pub trait Lower {
    /// Adds itself behind what a decoder holds.
    ///
    /// # Errors
    ///
    /// When the order of layers cannot be expressed by the runtime's operators.
    fn lower(&self, decoder: &mut FloatDecoder) -> Result<()>;

    /// Switches its [`Rounding`] on, each with the next grid, in the order of the layers. Where grids are missing they
    /// are switched off.
    fn round(&mut self, _grids: &mut dyn Iterator<Item = Grid>) {}
}

impl<const I: usize, const O: usize, D: Device<f32>> Lower for Linear<I, O, f32, D> {
    fn lower(&self, decoder: &mut FloatDecoder) -> Result<()> {
        decoder.dense(self.weight.as_vec(), self.bias.as_vec())
    }
}

impl<const F: usize, const C: usize, const H: usize, const W: usize> Lower
    for Unflatten<F, C, H, W>
{
    fn lower(&self, decoder: &mut FloatDecoder) -> Result<()> {
        decoder.unflatten(C, H, W)
    }
}

impl<const C: usize, D: Device<f32>> Lower for BatchNorm2d<C, f32, D> {
    fn lower(&self, decoder: &mut FloatDecoder) -> Result<()> {
        let (scale, shift): (Vec<f32>, Vec<f32>) = self.folded().into_iter().unzip();
        decoder.fold(&scale, &shift)
    }
}

impl<
    const CI: usize,
    const CO: usize,
    const K: usize,
    const S: usize,
    const P: usize,
    const H: usize,
    const W: usize,
    const OH: usize,
    const OW: usize,
    const INPUT_GRADIENT: bool,
    D: Device<f32>,
> Lower for Conv2d<CI, CO, K, S, P, H, W, OH, OW, INPUT_GRADIENT, f32, D>
{
    fn lower(&self, decoder: &mut FloatDecoder) -> Result<()> {
        decoder.convolution(&self.weight.as_vec(), self.bias.as_vec(), K, S, P)
    }
}

impl<
    const CI: usize,
    const CO: usize,
    const K: usize,
    const S: usize,
    const P: usize,
    const H: usize,
    const W: usize,
    const OH: usize,
    const OW: usize,
    D: Device<f32>,
> Lower for TransposedConv2d<CI, CO, K, S, P, H, W, OH, OW, f32, D>
{
    fn lower(&self, decoder: &mut FloatDecoder) -> Result<()> {
        if (K, S, P) != (4, 2, 1) {
            bail!("the runtime has no transposed convolution but 4x4 with stride 2 and padding 1");
        }
        decoder.transposed_convolution(&self.weight.as_vec(), self.bias.as_vec())
    }
}

impl<const PERCENT: u32> Lower for LeakyReLU<PERCENT> {
    fn lower(&self, decoder: &mut FloatDecoder) -> Result<()> {
        decoder.activation(FloatActivation::LeakyRelu {
            slope: PERCENT as f32 / 100.0,
        })
    }
}

impl Lower for ReLU {
    fn lower(&self, decoder: &mut FloatDecoder) -> Result<()> {
        decoder.activation(FloatActivation::Relu)
    }
}

/// What it rounds to is what the runtime computes with: nothing is added for it.
impl Lower for Rounding {
    fn lower(&self, _: &mut FloatDecoder) -> Result<()> {
        Ok(())
    }

    fn round(&mut self, grids: &mut dyn Iterator<Item = Grid>) {
        self.grid = grids.next();
    }
}

impl Lower for Sigmoid {
    fn lower(&self, decoder: &mut FloatDecoder) -> Result<()> {
        decoder.pixels(PixelFunction::Sigmoid)
    }
}

impl Lower for Tanh {
    fn lower(&self, decoder: &mut FloatDecoder) -> Result<()> {
        decoder.pixels(PixelFunction::Tanh)
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: Lower),+> Lower for ($($name,)+) {
            #[allow(non_snake_case)]
            fn lower(&self, decoder: &mut FloatDecoder) -> Result<()> {
                let ($($name,)+) = self;
                $($name.lower(decoder)?;)+
                Ok(())
            }

            #[allow(non_snake_case)]
            fn round(&mut self, grids: &mut dyn Iterator<Item = Grid>) {
                let ($($name,)+) = self;
                $($name.round(grids);)+
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
