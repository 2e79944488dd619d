//! The operations of [`Backend`] on dfdx's CUDA device, all from dfdx's own.

use super::backend::Backend;
use dfdx::tensor::Cuda;

impl Backend for Cuda {}
