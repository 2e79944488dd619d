//! Metrics of generated pictures, by the answers and features of a classifier.
//!
//! Pictures are bytes, row by row, channels last, one picture after another.

mod frechet;
mod manifold;
mod patches;
mod score;
mod ssim;
mod verdict;
mod within_class;

pub use frechet::frechet_distance;
pub use manifold::{Overlap, overlap};
pub use patches::RealPatches;
pub use score::{
    ClassDistance, Metrics, Reference, inception_score, intra_class_diversity, mean_ssim, psnr,
    score,
};
pub use ssim::ssim;
pub use verdict::{Verdict, accuracy, answers};
pub use within_class::class_frechet_distances;
