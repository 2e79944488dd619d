pixling_include::include_model!("../../../../tests/golden/missing.pxl");

fn main() {}
