pixling_include::include_model!("../../../../tests/golden/future.pxl");

fn main() {}
