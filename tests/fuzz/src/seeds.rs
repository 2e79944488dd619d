//! Model files to start from, a few KB in all.

use pixling_test_support::small::{ALL_INT8, file_of, modulated};
use pixling_test_support::{colours, halves};

/// Every operator, three classes, golden pictures, a mixture as the prior.
const GOLDEN_FILE: &[u8] = include_bytes!("../../golden/format-4.pxl");
/// The same with modulations, in both codings.
const MODULATION: &[u8] = include_bytes!("../../golden/format-4-modulation.pxl");
/// The same of the formats before: with one Gaussian for each class, and with weights of eight bits.
const FORMAT_3: &[u8] = include_bytes!("../../golden/format-3.pxl");
const FORMAT_2: &[u8] = include_bytes!("../../golden/format-2.pxl");

/// These, one with a single dense layer, one in colour with uneven windows, and the same with weights of four bits.
pub(crate) fn files() -> Vec<Vec<u8>> {
    let [int8, int4] = [false, true].map(colours::file);
    vec![
        GOLDEN_FILE.to_vec(),
        MODULATION.to_vec(),
        file_of(&modulated(ALL_INT8)),
        halves(),
        int8,
        int4,
        FORMAT_3.to_vec(),
        FORMAT_2.to_vec(),
    ]
}
