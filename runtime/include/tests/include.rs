//! Good files come with their constants, bad ones do not compile.

use pixling::Request;

mod model {
    pixling_include::include_model!("../../../tests/golden/format-4.pxl");
}

#[test]
fn a_file_comes_with_its_constants() {
    let loaded = model::load().unwrap();
    assert_eq!(loaded.arena_bytes(), model::ARENA);
    assert_eq!(loaded.rows_arena_bytes(), model::ROWS_ARENA);
    assert_eq!(loaded.page_bytes(4), model::PAGE);
    assert_eq!([model::WIDTH, model::HEIGHT, model::CHANNELS], [4, 6, 1]);
    assert_eq!(model::Class::Three as u16, 2);
    assert_eq!(model::FILE.as_ptr() as usize % 16, 0);
    let mut arena = [0; model::ARENA];
    let request = Request::new(model::Class::Two.into(), 1);
    assert_eq!(
        loaded
            .generate(&request, &mut arena)
            .unwrap()
            .pixels()
            .len(),
        24
    );
}

#[test]
fn bad_files_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/bad/*.rs");
}
