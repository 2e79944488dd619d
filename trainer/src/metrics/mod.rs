//! What is measured of a model.

mod frechet;
mod ssim;

pub use frechet::frechet_distance;
pub use ssim::ssim;
