//! The paper's uses of a trained model, as sheets of pictures and as charts.

pub mod chart;
mod generator;
mod inpaint;
mod pick;
#[cfg(test)]
mod plain_networks;
mod samples;
mod swap;
mod view;
mod walk;

pub use generator::{Generator, Networks};
pub use inpaint::{Hidden, Inpainted, inpaint};
pub use pick::in_turn;
pub use samples::{Samples, samples};
pub use swap::swap;
pub use view::{FEWEST, View, views};
pub use walk::{class_walk, style_walk};
