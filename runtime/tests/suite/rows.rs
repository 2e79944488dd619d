//! Pictures row by row and step by step.

use pixling::write::to_bytes;
use pixling::{GenerateError, Model, Request, Step};
use pixling_test_support::small::{self, ARENA, file};

/// The arena of `rows`: that of `generate` with a row of four pixels in the place of the picture.
const ROWS_ARENA: usize = ARENA - 24 + 4;

fn picture(model: &Model<'_>, request: &Request) -> Vec<u8> {
    let mut arena = vec![0; ARENA];
    let picture = model.generate(request, &mut arena).unwrap();
    picture.pixels().to_vec()
}

#[test]
fn rows_are_those_of_the_picture() {
    let file = file();
    let model = Model::load(&file).unwrap();
    for seed in 0..20 {
        let request = Request::new(2, seed);
        let mut arena = [0xa5; ROWS_ARENA];
        let mut rows = model.rows(&request, &mut arena).unwrap();
        let mut pixels = Vec::new();
        while let Some(row) = rows.next_row() {
            assert_eq!(row.len(), 4);
            pixels.extend_from_slice(row);
        }
        assert_eq!(pixels, picture(&model, &request));
        assert!(rows.next_row().is_none());
    }
}

#[test]
fn exactly_the_arena_of_rows_works_and_one_byte_less_is_refused() {
    let file = file();
    let model = Model::load(&file).unwrap();
    assert_eq!(model.rows_arena_bytes(), ROWS_ARENA);
    let request = Request::new(1, 1);
    let expected = picture(&model, &request);
    for shift in 0..8 {
        let mut arena = [0x5a; ROWS_ARENA + 8];
        let mut pixels = Vec::new();
        let mut rows = model
            .rows(&request, &mut arena[shift..][..ROWS_ARENA])
            .unwrap();
        while let Some(row) = rows.next_row() {
            pixels.extend_from_slice(row);
        }
        assert_eq!(pixels, expected);
        let outside = arena[..shift].iter().chain(&arena[shift + ROWS_ARENA..]);
        assert!(outside.copied().all(|byte| byte == 0x5a));
    }
    let refused = model.rows(&request, &mut [0; ROWS_ARENA - 1]).unwrap_err();
    let expected = GenerateError::ArenaTooSmall {
        needed: ROWS_ARENA,
        found: ROWS_ARENA - 1,
    };
    assert_eq!(refused, expected);
}

#[test]
fn steps_are_rows_of_layers_and_end_with_the_picture() {
    let file = file();
    let model = Model::load(&file).unwrap();
    let request = Request::new(0, 8);
    let mut arena = [0; ARENA];
    let mut drawing = model.start(&request, &mut arena).unwrap();
    let mut steps = [0; 4];
    let mut rows = 0;
    loop {
        match drawing.step() {
            Step::Layer(layer) => steps[usize::from(layer)] += 1,
            Step::Row(layer) => {
                assert_eq!(layer, 3);
                rows += 1;
                steps[3] += 1;
            }
            Step::Done => break,
        }
    }
    // Every row of every layer once.
    assert_eq!((steps, rows), ([3, 3, 6, 6], 6));
    assert_eq!(drawing.step(), Step::Done);
    assert_eq!(drawing.finish().pixels(), picture(&model, &request));
}

#[test]
fn a_drawing_that_was_begun_in_steps_is_finished_at_once() {
    let file = file();
    let model = Model::load(&file).unwrap();
    let request = Request::new(0, 8);
    for begun in 0..20 {
        let mut arena = [0; ARENA];
        let mut drawing = model.start(&request, &mut arena).unwrap();
        for _ in 0..begun {
            drawing.step();
        }
        assert_eq!(drawing.finish().pixels(), picture(&model, &request));
    }
}

#[test]
fn an_unknown_class_is_refused_before_anything_is_drawn() {
    let file = file();
    let model = Model::load(&file).unwrap();
    let expected = GenerateError::NoSuchClass {
        class: 3,
        classes: 3,
    };
    let request = Request::new(3, 0);
    assert_eq!(model.rows(&request, &mut [0; ARENA]).unwrap_err(), expected);
    assert_eq!(
        model.start(&request, &mut [0; ARENA]).unwrap_err(),
        expected
    );
}

#[test]
fn colours_stand_side_by_side_in_rows_and_pictures() {
    let parts = small::parts(small::ALL_INT8);
    // The first three layers write 6x4 pixels of three channels.
    let layers = &parts.layers()[..3];
    let file = to_bytes(&parts.contents(layers, &[])).unwrap();
    let model = Model::load(&file).unwrap();
    assert_eq!((model.channels(), model.picture_bytes()), (3, 72));
    let request = Request::new(1, 5);
    let mut arena = vec![0; model.arena_bytes()];
    let picture = model.generate(&request, &mut arena).unwrap();
    let pixels = picture.pixels().to_vec();
    assert_eq!(
        picture.pixel(3, 5),
        Some([pixels[69], pixels[70], pixels[71]])
    );
    let mut arena = vec![0; model.rows_arena_bytes()];
    let mut rows = model.rows(&request, &mut arena).unwrap();
    let mut from_rows = Vec::new();
    while let Some(row) = rows.next_row() {
        from_rows.extend_from_slice(row);
    }
    assert_eq!(from_rows, pixels);
    let mut values = pixels.clone();
    values.sort_unstable();
    values.dedup();
    assert!(values.len() > 5, "{values:?}");
}
