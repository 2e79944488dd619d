//! Modulation of feature maps by the latent (Perez et al., "FiLM: Visual Reasoning with a General Conditioning Layer",
//! 2018).

use super::backend::{Affine, Backend, Normalization};
use super::build::Build;
use super::builders;
use super::layer::{Description, Layer};
use super::linear::Linear;
use super::shapes::{Batch, Flat, flat, shaped};
use super::tensors::{AnyTensor, Tensors, joined, modules};
use dfdx::dtypes::Dtype;
use dfdx::nn::{Module, ModuleMut};
use dfdx::shapes::{Axis, Const, Dim, HasShape};
use dfdx::tensor::{Merge, NoneTape, PutTape, SplitTape, Storage, Tape, Tensor};
use dfdx::tensor_ops::{BroadcastTo, ReshapeTo, TryAdd, TryMul};
use pixling_kernels::Planes;
use pixling_kernels::activation::{Activation, Grid};

/// Layers that read the latent twice: as the input of the first one, and wherever a [`Modulation`] stands among them.
///
/// The layers map a pair, values and latent, to a pair. Layers that know no latent stand in [`Unmodulated`].
///
/// ```
/// use dfdx::prelude::*;
/// use pixling_nn::Build;
/// use pixling_nn::builders::{Linear, Modulated, Modulation, Unflatten, Unmodulated};
///
/// type Decoder = Modulated<(
///     Unmodulated<(Linear<4, 12>, Unflatten<12, 3, 2, 2>)>,
///     Modulation<4, 3>,
/// )>;
/// let device = Cpu::seed_from_u64(0);
/// let decoder = Decoder::build(&device).unwrap();
/// let latent: Tensor<(usize, Const<4>), f32, _> = device.sample_normal_like(&(5, Const));
/// assert_eq!(decoder.forward(latent).shape().0, 5);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Modulated<N> {
    /// The layers.
    pub layers: N,
}

/// Layers without a latent in a [`Modulated`] network.
#[derive(Clone, Debug, Default)]
pub struct Unmodulated<N> {
    /// The layers.
    pub layers: N,
}

macro_rules! wrapper {
    ($wrapper:ident) => {
        impl<N: Build<D>, D: Backend> Build<D> for $wrapper<N> {
            type Built = $wrapper<N::Built>;

            fn build(device: &D) -> Result<Self::Built, D::Err> {
                let layers = N::build(device)?;
                Ok($wrapper { layers })
            }
        }

        modules!([N: Tensors<D>] $wrapper<N> { layers });

        impl<N: Layer> Layer for $wrapper<N> {
            fn frozen(&self) -> Self {
                $wrapper {
                    layers: self.layers.frozen(),
                }
            }

            fn describe(&self, layers: &mut Vec<Description>) {
                self.layers.describe(layers);
            }

            fn round(&mut self, grids: &mut dyn Iterator<Item = Grid>) {
                self.layers.round(grids);
            }
        }
    };
}

wrapper!(Modulated);
wrapper!(Unmodulated);

type Latent<B, const Z: usize, D, T> = Tensor<(B, Const<Z>), f32, D, T>;

/// Values of any shape beside the latent of each sample, which is read again and again and has no tape.
type Pair<X, B, const Z: usize, D> = (X, Latent<B, Z, D, NoneTape>);

/// The latent as the values before the first layer, beside itself.
fn pair<B: Dim, const Z: usize, D: Backend, T: Tape<f32, D>>(
    latent: Latent<B, Z, D, T>,
) -> Pair<Latent<B, Z, D, T>, B, Z, D> {
    let (latent, tape) = latent.split_tape();
    (latent.clone().put_tape(tape), latent)
}

impl<B: Dim, const Z: usize, D, T, N, O> Module<Latent<B, Z, D, T>> for Modulated<N>
where
    D: Backend,
    T: Tape<f32, D>,
    N: Module<Pair<Latent<B, Z, D, T>, B, Z, D>, Output = Pair<O, B, Z, D>, Error = D::Err>,
{
    type Output = O;
    type Error = D::Err;

    fn try_forward(&self, latent: Latent<B, Z, D, T>) -> Result<O, D::Err> {
        Ok(self.layers.try_forward(pair(latent))?.0)
    }
}

impl<B: Dim, const Z: usize, D, T, N, O> ModuleMut<Latent<B, Z, D, T>> for Modulated<N>
where
    D: Backend,
    T: Tape<f32, D>,
    N: ModuleMut<Pair<Latent<B, Z, D, T>, B, Z, D>, Output = Pair<O, B, Z, D>, Error = D::Err>,
{
    type Output = O;
    type Error = D::Err;

    fn try_forward_mut(&mut self, latent: Latent<B, Z, D, T>) -> Result<O, D::Err> {
        Ok(self.layers.try_forward_mut(pair(latent))?.0)
    }
}

impl<X, L, N: Module<X>> Module<(X, L)> for Unmodulated<N> {
    type Output = (N::Output, L);
    type Error = N::Error;

    fn try_forward(&self, (values, latent): (X, L)) -> Result<Self::Output, N::Error> {
        Ok((self.layers.try_forward(values)?, latent))
    }
}

impl<X, L, N: ModuleMut<X>> ModuleMut<(X, L)> for Unmodulated<N> {
    type Output = (N::Output, L);
    type Error = N::Error;

    fn try_forward_mut(&mut self, (values, latent): (X, L)) -> Result<Self::Output, N::Error> {
        Ok((self.layers.try_forward_mut(values)?, latent))
    }
}

pub(super) mod builder {
    /// Builds a modulation of `C` channels by a latent of `Z` values.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Modulation<const Z: usize, const C: usize>;
}

/// Shifts and scales each of `C` channels by functions of the latent: `(x + shift(z)) * max(0, 1 + scale(z))`; batch x
/// `C` x height x width, beside the latent, batch x `Z`, to the same shapes.
///
/// On a device it rescales the channels' requantization, once for a picture: a scale is not negative there.
#[derive(Clone, Debug)]
pub struct Modulation<const Z: usize, const C: usize, E: Dtype, D: Storage<E>> {
    /// The scale of each channel, less 1.
    pub scale: Linear<Z, C, E, D>,
    /// The shift of each channel.
    pub shift: Linear<Z, C, E, D>,
    /// The grids of scales less 1 and of shifts, which are rounded to them; absent at first.
    rounding: Option<[Vec<Grid>; 2]>,
}

impl<const Z: usize, const C: usize, D: Backend> Build<D> for builder::Modulation<Z, C> {
    type Built = Modulation<Z, C, f32, D>;

    fn build(device: &D) -> Result<Self::Built, D::Err> {
        Ok(Modulation {
            scale: builders::Linear::<Z, C>::build(device)?,
            shift: builders::Linear::<Z, C>::build(device)?,
            rounding: None,
        })
    }
}

modules!([const Z: usize, const C: usize] Modulation<Z, C, f32, D> { scale, shift });

impl<const Z: usize, const C: usize, E: Dtype, D: Storage<E>> Layer for Modulation<Z, C, E, D> {
    fn frozen(&self) -> Self {
        Modulation {
            scale: self.scale.frozen(),
            shift: self.shift.frozen(),
            rounding: self.rounding.clone(),
        }
    }

    fn describe(&self, layers: &mut Vec<Description>) {
        layers.push(Description::Modulation {
            latent: Z,
            channels: C,
        });
    }

    /// Takes a grid for each scale, and for each shift.
    fn round(&mut self, grids: &mut dyn Iterator<Item = Grid>) {
        let scales: Vec<Grid> = grids.take(C).collect();
        let shifts: Vec<Grid> = grids.take(C).collect();
        self.rounding = (shifts.len() == C).then_some([scales, shifts]);
    }
}

/// Rounds rows of values to a grid for each column, all of the same range.
fn rounded<D: Backend, T: Tape<f32, D>>(
    values: Flat<D, T>,
    grids: &[Grid],
) -> Result<Flat<D, T>, D::Err> {
    let Some(first) = grids.first() else {
        return Ok(values);
    };
    let shape = (values.shape().0 / grids.len(), grids.len());
    let device = values.device().clone();
    let row = |of: &dyn Fn(&Grid) -> f32| -> Result<Batch<D, T>, D::Err> {
        let mut row = device.try_zeros_like(&(grids.len(),))?;
        row.copy_from(&grids.iter().map(of).collect::<Vec<f32>>());
        let row = row.put_tape(T::default());
        row.try_broadcast_like::<_, Axis<0>>(&shape)
    };
    let in_steps = values
        .try_reshape_like(&shape)?
        .try_mul(row(&|grid| 1.0 / grid.step)?)?;
    let grid = Grid {
        step: 1.0,
        range: first.range,
    };
    let whole = D::activation(Activation::Rounding(grid), flat(in_steps)?)?;
    let values = whole.try_reshape_like(&shape)?;
    flat(values.try_mul(row(&|grid| grid.step)?)?)
}

impl<const Z: usize, const C: usize, D: Backend> Modulation<Z, C, f32, D> {
    /// Scale and shift of each channel of each sample, the shift scaled: `x * scale + shift`.
    fn factors<B: Dim, T: Tape<f32, D>>(
        &self,
        latent: &Tensor<(B, Const<Z>), f32, D>,
    ) -> Result<[Flat<D, T>; 2], D::Err> {
        let mut scale = flat(self.scale.try_forward(latent.retaped::<T>())?)?;
        let mut shift = flat(self.shift.try_forward(latent.retaped::<T>())?)?;
        if let Some([of_scales, of_shifts]) = &self.rounding {
            scale = rounded(scale, of_scales)?;
            shift = rounded(shift, of_shifts)?;
        }
        let scale = D::activation(Activation::ReLU, scale.try_add(1.0)?)?;
        // Read twice: once with the tape of its operations, once without.
        let (scale, tape) = scale.split_tape();
        let shift = shift.try_mul(scale.clone().put_tape(T::default()))?;
        Ok([scale.put_tape(tape), shift])
    }
}

type Maps<B, const C: usize, H, W, D, T> = Tensor<(B, Const<C>, H, W), f32, D, T>;

impl<B, const Z: usize, const C: usize, H, W, D, T> Module<Pair<Maps<B, C, H, W, D, T>, B, Z, D>>
    for Modulation<Z, C, f32, D>
where
    B: Dim,
    H: Dim,
    W: Dim,
    D: Backend,
    T: Tape<f32, D> + Merge<T>,
{
    type Output = Pair<Maps<B, C, H, W, D, T>, B, Z, D>;
    type Error = D::Err;

    fn try_forward(
        &self,
        (maps, latent): Pair<Maps<B, C, H, W, D, T>, B, Z, D>,
    ) -> Result<Self::Output, D::Err> {
        let shape = *maps.shape();
        let [(scale, of_scale), (shift, of_shift)] =
            self.factors::<B, T>(&latent)?.map(Tensor::split_tape);
        let (maps, tape) = flat(maps)?.split_tape();
        let tape = tape.merge(of_scale).merge(of_shift);
        // A normalization by the mean 0 and the variance 1, for which each channel of each sample is a channel.
        let channels = shape.0.size() * C;
        let device = maps.device().clone();
        let normalization = Normalization {
            planes: Planes {
                batch: 1,
                channels,
                plane: shape.2.size() * shape.3.size(),
            },
            epsilon: 0.0,
            affine: Some(Affine {
                scale,
                shift,
                wanted: true,
            }),
        };
        let (mean, variance) = (
            device.try_zeros_like(&(channels,))?,
            device.try_ones_like(&(channels,))?,
        );
        let modulated =
            D::fixed_normalization(maps.put_tape(tape), &mean, &variance, normalization)?;
        Ok((shaped(modulated, shape)?, latent))
    }
}

impl<const Z: usize, const C: usize, E: Dtype, D: Storage<E>> dfdx::nn::NonMutableModule
    for Modulation<Z, C, E, D>
{
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builders::{Linear as BuildLinear, Unflatten};
    use crate::gradient_check::{assert_all_near, check, normal};
    use dfdx::prelude::Cpu;

    type Network = Modulated<(
        Unmodulated<(BuildLinear<3, 12>, Unflatten<12, 2, 2, 3>)>,
        builder::Modulation<3, 2>,
    )>;

    fn network() -> <Network as Build<Cpu>>::Built {
        Network::build(&Cpu::seed_from_u64(4)).unwrap()
    }

    #[test]
    fn every_channel_of_every_sample_is_shifted_and_scaled() {
        let mut network = network();
        // A bias that makes some scales negative: these are zero.
        network.layers.1.scale.bias.copy_from(&[-1.0, 0.5]);
        // More channels of samples than a task takes.
        let latent = normal(1, &(40, Const::<3>));
        let found = network.forward(latent.clone()).as_vec();
        let maps = network.layers.0.layers.forward(latent.clone()).as_vec();
        let modulation = &network.layers.1;
        let scales = modulation.scale.forward(latent.clone()).as_vec();
        let shifts = modulation.shift.forward(latent).as_vec();
        let expected: Vec<f32> = maps
            .iter()
            .enumerate()
            .map(|(index, x)| (x + shifts[index / 6]) * (1.0 + scales[index / 6]).max(0.0))
            .collect();
        assert!(expected.contains(&0.0));
        assert_all_near("the output", &found, &expected);
    }

    /// In the order of `Description::Modulation`, and of the moments in a checkpoint.
    #[test]
    fn tensors_of_the_scale_come_before_tensors_of_the_shift() {
        let names: Vec<String> = crate::parameters(&network())
            .into_iter()
            .map(|tensor| tensor.name)
            .filter(|name| name.starts_with("layers.1."))
            .collect();
        let fields = ["scale.weight", "scale.bias", "shift.weight", "shift.bias"];
        assert_eq!(names, fields.map(|field| format!("layers.1.{field}")));
    }

    #[test]
    fn scales_and_shifts_are_rounded_to_their_grids() {
        let mut network = network();
        let latent = normal(1, &(5, Const::<3>));
        let exact = network.forward(latent.clone()).as_vec();
        let grid = |step: f32| Grid {
            step,
            range: [-128.0, 127.0],
        };
        let grids = [0.25, 0.5, 0.125, 1.0].map(grid);
        network.round(&mut grids.into_iter());
        let maps = network.layers.0.layers.forward(latent.clone()).as_vec();
        let modulation = &network.layers.1;
        let scales = modulation.scale.forward(latent.clone()).as_vec();
        let shifts = modulation.shift.forward(latent.clone()).as_vec();
        let expected: Vec<f32> = maps
            .iter()
            .enumerate()
            .map(|(index, x)| {
                let (row, channel) = (index / 6, index / 6 % 2);
                let scale = grids[channel].round(scales[row]);
                (x + grids[2 + channel].round(shifts[row])) * (1.0 + scale).max(0.0)
            })
            .collect();
        let found = network.forward(latent.clone()).as_vec();
        assert_all_near("the output", &found, &expected);
        network.round(&mut std::iter::empty());
        assert_eq!(network.forward(latent).as_vec(), exact);
        assert!(found != exact, "nothing was rounded");
    }

    #[test]
    fn gradients() {
        let latent = normal(2, &(5, Const::<3>)) * 0.5;
        check(&network(), &latent, true, |network, latent| {
            network.forward(latent)
        });
    }
}
