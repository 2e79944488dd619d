//! Networks between matrices: the compiler has checked the shapes inside, and the type of the network does not have
//! them.

use super::backend::Backend;
use super::build::Build;
use super::layer::{Description, Layer};
use super::shapes::{Batch, Erase, Matrix, Recorded, rows, samples};
use super::tensors::{AnyTensor, Tensors};
use dfdx::nn::{Module, ModuleMut};
use dfdx::shapes::ConstShape;
use dfdx::tensor::Tensor;
use pixling_kernels::activation::Grid;
use std::fmt;
use std::marker::PhantomData;

/// The shape of one sample: a tensor's shape without the first axis, the batch.
pub trait Sample: ConstShape {
    /// The shape of a batch of samples.
    type Batch: Erase;
}

macro_rules! sample {
    ($($axis:ident)+) => {
        impl<$($axis: dfdx::shapes::ConstDim),+> Sample for ($($axis,)+)
        where
            ($($axis,)+): ConstShape,
            (usize, $($axis),+): Erase,
        {
            type Batch = (usize, $($axis),+);
        }
    };
}

sample!(A);
sample!(A B C);

/// A network from batch x inputs to batch x outputs. All networks of a device have this one type, whatever their
/// layers.
///
/// ```
/// use dfdx::prelude::*;
/// use pixling_nn::{Network, builders as nn};
///
/// type Encoder = (
///     (nn::Conv2d<1, 4, 4, 2, 1, 8, 8, 4, 4, false>, nn::LeakyReLU<10>, nn::Flatten<4, 4, 4, 64>),
///     nn::Linear<64, 3>,
/// );
/// let device = Cpu::seed_from_u64(0);
/// let network = Network::build::<Encoder, Rank3<1, 8, 8>, Rank1<3>>(&device);
/// assert_eq!((network.inputs(), network.outputs()), (64, 3));
/// let pictures: Tensor<(usize, usize), f32, _> = device.sample_normal_like(&(5, 64));
/// assert_eq!(*network.infer(pictures).shape(), (5, 3));
/// ```
pub struct Network<D: Backend> {
    layers: Box<dyn Layers<D>>,
}

impl<D: Backend> Network<D> {
    /// The described network with random weights, from samples of shape `I` to samples of shape `O`.
    pub fn build<N, I: Sample, O: Sample>(device: &D) -> Self
    where
        N: Build<D>,
        N::Built: Layer
            + Tensors<D>
            + Module<Tensor<I::Batch, f32, D>, Output = Tensor<O::Batch, f32, D>, Error = D::Err>
            + Module<Recorded<I::Batch, D>, Output = Recorded<O::Batch, D>, Error = D::Err>
            + ModuleMut<Recorded<I::Batch, D>, Output = Recorded<O::Batch, D>, Error = D::Err>
            + 'static,
    {
        Network {
            layers: Box::new(Typed::<N::Built, I, O> {
                module: in_memory(N::build(device)),
                samples: PhantomData,
            }),
        }
    }

    /// Elements of an input row.
    pub fn inputs(&self) -> usize {
        self.layers.sizes().0
    }

    /// Elements of an output row.
    pub fn outputs(&self) -> usize {
        self.layers.sizes().1
    }

    /// Runs the network without recording: normalizations use their running statistics.
    ///
    /// # Panics
    ///
    /// Like every run: if a row has another number of elements than [`inputs`](Self::inputs), or the device has no memory.
    pub fn infer(&self, input: Batch<D>) -> Batch<D> {
        in_memory(self.layers.infer(input))
    }

    /// Runs the network and records it for gradients: normalizations use their running statistics.
    pub fn record(&self, input: Recorded<Matrix, D>) -> Recorded<Matrix, D> {
        in_memory(self.layers.record(input))
    }

    /// Runs the network in training: recorded; normalizations use the statistics of the batch and update the running
    /// ones.
    pub fn learn(&mut self, input: Recorded<Matrix, D>) -> Recorded<Matrix, D> {
        in_memory(self.layers.learn(input))
    }

    /// A copy that shares the tensors and computes no gradients for them: see [`Layer::frozen`].
    #[must_use]
    pub fn frozen(&self) -> Self {
        Network {
            layers: self.layers.frozen(),
        }
    }

    /// A description of each layer, in order.
    pub fn describe(&self) -> Vec<Description> {
        self.layers.describe()
    }

    /// Switches the roundings on or off: see [`Layer::round`].
    pub fn round(&mut self, grids: &mut dyn Iterator<Item = Grid>) {
        self.layers.round(grids);
    }
}

fn in_memory<T, E: fmt::Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("no memory for a network: {error:?}"),
    }
}

impl<D: Backend> Clone for Network<D> {
    fn clone(&self) -> Self {
        Network {
            layers: self.layers.boxed(),
        }
    }
}

impl<D: Backend> fmt::Debug for Network<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.describe()).finish()
    }
}

impl<D: Backend> Tensors<D> for Network<D> {
    fn visit(&self, path: &str, visit: &mut dyn FnMut(&str, &dyn AnyTensor<D>)) {
        self.layers.visit(path, visit);
    }

    fn visit_mut(&mut self, visit: &mut dyn FnMut(bool, &mut dyn AnyTensor<D>)) {
        self.layers.visit_mut(visit);
    }
}

/// A module without its types.
trait Layers<D: Backend>: Tensors<D> {
    fn sizes(&self) -> (usize, usize);
    fn infer(&self, input: Batch<D>) -> Result<Batch<D>, D::Err>;
    fn record(&self, input: Recorded<Matrix, D>) -> Result<Recorded<Matrix, D>, D::Err>;
    fn learn(&mut self, input: Recorded<Matrix, D>) -> Result<Recorded<Matrix, D>, D::Err>;
    fn frozen(&self) -> Box<dyn Layers<D>>;
    fn boxed(&self) -> Box<dyn Layers<D>>;
    fn describe(&self) -> Vec<Description>;
    fn round(&mut self, grids: &mut dyn Iterator<Item = Grid>);
}

/// A module from samples of shape `I` to samples of shape `O`.
struct Typed<N, I, O> {
    module: N,
    samples: PhantomData<fn(I) -> O>,
}

impl<N, I, O> Typed<N, I, O> {
    fn of(module: N) -> Box<Self> {
        Box::new(Typed {
            module,
            samples: PhantomData,
        })
    }
}

impl<D: Backend, N: Tensors<D>, I, O> Tensors<D> for Typed<N, I, O> {
    fn visit(&self, path: &str, visit: &mut dyn FnMut(&str, &dyn AnyTensor<D>)) {
        self.module.visit(path, visit);
    }

    fn visit_mut(&mut self, visit: &mut dyn FnMut(bool, &mut dyn AnyTensor<D>)) {
        self.module.visit_mut(visit);
    }
}

impl<D: Backend, N, I: Sample, O: Sample> Layers<D> for Typed<N, I, O>
where
    N: Layer
        + Tensors<D>
        + Module<Tensor<I::Batch, f32, D>, Output = Tensor<O::Batch, f32, D>, Error = D::Err>
        + Module<Recorded<I::Batch, D>, Output = Recorded<O::Batch, D>, Error = D::Err>
        + ModuleMut<Recorded<I::Batch, D>, Output = Recorded<O::Batch, D>, Error = D::Err>
        + 'static,
{
    fn sizes(&self) -> (usize, usize) {
        (I::NUMEL, O::NUMEL)
    }

    fn infer(&self, input: Batch<D>) -> Result<Batch<D>, D::Err> {
        let sample = I::default().concrete();
        rows(self.module.try_forward(samples(input, sample.as_ref())?)?)
    }

    fn record(&self, input: Recorded<Matrix, D>) -> Result<Recorded<Matrix, D>, D::Err> {
        let sample = I::default().concrete();
        rows(self.module.try_forward(samples(input, sample.as_ref())?)?)
    }

    fn learn(&mut self, input: Recorded<Matrix, D>) -> Result<Recorded<Matrix, D>, D::Err> {
        let sample = I::default().concrete();
        let output = self
            .module
            .try_forward_mut(samples(input, sample.as_ref())?)?;
        rows(output)
    }

    fn frozen(&self) -> Box<dyn Layers<D>> {
        Self::of(self.module.frozen())
    }

    fn boxed(&self) -> Box<dyn Layers<D>> {
        Self::of(self.module.clone())
    }

    fn describe(&self) -> Vec<Description> {
        let mut layers = Vec::new();
        self.module.describe(&mut layers);
        layers
    }

    fn round(&mut self, grids: &mut dyn Iterator<Item = Grid>) {
        self.module.round(grids);
    }
}
