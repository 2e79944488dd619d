//! Metrics of a model.

mod evaluate;
mod frechet;
mod score;
mod ssim;
mod style;

pub use evaluate::{Decoder, Evaluation, FactorScore, Subject, draw, evaluate, evaluate_file};
pub use frechet::frechet_distance;
pub use score::{Metrics, inception_score, intra_class_diversity, mean_ssim, psnr, score};
pub use ssim::ssim;
pub use style::{StyleDimension, style_dimensions};
