//! Files that were written once: they load and draw what they drew then, on every machine and by every later version.

use pixling::{Coding, Model, Request, Temperature, Way};
use pixling_test_support::small::{MIXED, MODULATED_ARENA, file_of, mixed, modulated};

/// The hand-built model in each format. To be kept for ever; a new format gets a file beside them.
const FORMAT_2: &[u8] = include_bytes!("../../../tests/golden/format-2.pxl");
const FORMAT_3: &[u8] = include_bytes!("../../../tests/golden/format-3.pxl");
const FORMAT_4: &[u8] = include_bytes!("../../../tests/golden/format-4.pxl");
const MODULATION: &[u8] = include_bytes!("../../../tests/golden/format-4-modulation.pxl");

fn draws_what_it_drew(file: &[u8], version: u16, way: Way, checksum: u32) {
    let model = Model::load(file).unwrap();
    assert_eq!(model.format_version(), version);
    let mut arena = [0; MODULATED_ARENA];
    model.self_test(&mut arena).unwrap();
    let request = Request {
        class: 1,
        seed: 2024,
        style: 7,
        z_s_temperature: Temperature::from_percent(50),
        z_u_temperature: Temperature::ONE,
        way,
    };
    let picture = model.generate(&request, &mut arena).unwrap();
    assert_eq!(picture.checksum(), checksum);
}

#[test]
fn the_file_of_format_2_draws_what_it_drew() {
    draws_what_it_drew(FORMAT_2, 2, Way::Joint, 1_704_939_048);
    let mut layers = Model::load(FORMAT_2).unwrap().layers();
    assert!(layers.all(|layer| layer.head.coding == Coding::Int8));
}

/// Layers of four bits beside one of eight.
#[test]
fn the_file_of_format_3_draws_what_it_drew() {
    for way in [Way::Joint, Way::Styled] {
        draws_what_it_drew(FORMAT_3, 3, way, 2_545_969_737);
    }
}

/// A mixture as the prior.
#[test]
fn the_file_of_format_4_draws_what_it_drew() {
    draws_what_it_drew(FORMAT_4, 4, Way::Joint, 3_133_873_826);
    draws_what_it_drew(FORMAT_4, 4, Way::Styled, 232_527_797);
}

/// Modulated layers besides, in both codings.
#[test]
fn the_file_with_modulations_draws_what_it_drew() {
    draws_what_it_drew(MODULATION, 4, Way::Joint, 2_029_201_573);
    draws_what_it_drew(MODULATION, 4, Way::Styled, 3_799_182_433);
}

#[test]
fn the_writer_still_writes_them() {
    assert!(file_of(&mixed(MIXED)) == FORMAT_4);
    assert!(file_of(&modulated(MIXED)) == MODULATION);
}
