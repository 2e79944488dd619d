//! A file that was written once: it loads and draws what it drew then, on every machine and by every later version.

mod common;

use common::{ARENA, file};
use pixling::{Model, Request, Temperature};

/// The hand-built model in format 2. To be kept for ever; a new format gets a file beside it.
const FORMAT_2: &[u8] = include_bytes!("../../tests/golden/format-2.pxl");

#[test]
fn the_file_of_format_2_draws_what_it_drew() {
    let model = Model::load(FORMAT_2).unwrap();
    let mut arena = [0; ARENA];
    model.self_test(&mut arena).unwrap();
    let request = Request {
        class: 1,
        seed: 2024,
        style: 7,
        z_s_temperature: Temperature::from_percent(50),
        z_u_temperature: Temperature::ONE,
    };
    let picture = model.generate(&request, &mut arena).unwrap();
    assert_eq!(picture.checksum(), 1_704_939_048);
}

#[test]
fn the_writer_still_writes_it() {
    assert!(file() == FORMAT_2);
}
