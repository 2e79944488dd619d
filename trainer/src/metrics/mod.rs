//! Metrics of a model.

mod evaluate;
mod style;

pub use evaluate::{
    Decoder, Evaluation, FactorScore, Sampling, Subject, draw, evaluate, evaluate_file,
};
pub use pixling_metrics::{
    ClassDistance, Metrics, Overlap, RealPatches, Reference, Verdict, class_frechet_distances,
    frechet_distance, inception_score, intra_class_diversity, mean_ssim, overlap, psnr, score,
    ssim,
};
pub use style::{StyleDimension, style_dimensions};
