//! The source of a model's constants.

use pixling::Model;
use pixling::write::{constants, to_bytes};
use pixling_test_support::small;

#[test]
fn classes_of_like_names_are_told_apart() {
    let parts = small::parts(small::ALL_INT8);
    let layers = parts.layers();
    let mut contents = parts.contents(&layers, &[]);
    contents.labels = "ankle boot\nAnkle-Boot\nself";
    let file = to_bytes(&contents).unwrap();
    let source = constants(&Model::load(&file).unwrap());
    for variant in [
        "    /// ankle boot\n    AnkleBoot = 0,\n",
        "    /// Ankle-Boot\n    AnkleBoot_1 = 1,\n",
        "    /// self\n    ClassSelf = 2,\n",
    ] {
        assert!(source.contains(variant), "{source}");
    }
    assert!(source.contains("pub const WIDTH: usize = 4;"), "{source}");
}
