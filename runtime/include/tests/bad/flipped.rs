pixling_include::include_model!("../../../../tests/golden/flipped.pxl");

fn main() {}
