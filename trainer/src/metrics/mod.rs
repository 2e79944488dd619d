//! Metrics of a model.

mod evaluate;
mod frechet;
mod manifold;
mod patches;
mod score;
mod ssim;
mod style;
mod within_class;

pub use evaluate::{
    Decoder, Evaluation, FactorScore, Sampling, Subject, draw, evaluate, evaluate_file,
};
pub use frechet::frechet_distance;
pub use manifold::{Overlap, overlap};
pub use patches::patch_distance;
pub use score::{
    ClassDistance, Metrics, inception_score, intra_class_diversity, mean_ssim, psnr, score,
};
pub use ssim::ssim;
pub use style::{StyleDimension, style_dimensions};
pub use within_class::class_frechet_distances;
