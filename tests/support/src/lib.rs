//! Models that are built by hand, and a flash that loses its power: for tests and benchmarks.
//!
//! Most models are [`Parts`], layer after layer of integers that are packed as in a file:
//! - [`Network`] has random numbers in layers of any shape, among them the presets';
//! - [`Sketch`] is as large as a real model and draws soft spots;
//! - [`small`] has every operator, and is a file of `tests/golden`;
//! - [`colours`] has colours, strides and uneven windows;
//! - [`halves`] is the smallest, and its classes can be told apart.
//!
//! A [`ReferenceModel`] writes its file and draws its pictures by the documents alone, without the runtime.

pub mod colours;
mod faulty;
mod flash;
mod halves;
mod network;
mod parts;
mod reference;
pub mod small;
mod spots;

pub use faulty::{DriverFault, Fault, FaultyFlash};
pub use flash::{FlashFault, SimulatedFlash};
pub use halves::halves;
pub use network::{Network, Noise};
pub use parts::{Counts, LayerParts, Numbers, Parts, Plan, mixture, same, shape};
pub use reference::{
    ReferenceLayer, ReferenceModel, ReferencePrior, WAYS_OF_WEIGHTS, outputs_of_layers,
};
pub use spots::{MICRO, Sketch};
