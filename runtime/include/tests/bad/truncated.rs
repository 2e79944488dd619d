pixling_include::include_model!("../../../../tests/golden/truncated.pxl");

fn main() {}
