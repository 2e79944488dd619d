//! Networks whose sizes do not agree must not compile.

#[test]
fn wrong_sizes_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
