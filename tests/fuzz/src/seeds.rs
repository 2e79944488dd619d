//! Model files to start from, a few KB in all.

use pixling_test_support::{colours, halves};

/// Every operator, three classes, golden pictures.
const GOLDEN_FILE: &[u8] = include_bytes!("../../golden/format-3.pxl");
/// The same of the format before, with weights of eight bits.
const FORMAT_2: &[u8] = include_bytes!("../../golden/format-2.pxl");

/// That, one with a single dense layer, one in colour with uneven windows, that with weights of four bits, and one of the
/// format before.
pub(crate) fn files() -> Vec<Vec<u8>> {
    let [int8, int4] = [false, true].map(colours::file);
    vec![
        GOLDEN_FILE.to_vec(),
        halves(),
        int8,
        int4,
        FORMAT_2.to_vec(),
    ]
}
