//! Random models that a reference has written and drawn by the documents alone.

use crate::common::Rom;
use pixling::flash::PagedModel;
use pixling::{Model, Request};
use pixling_test_support::{Noise, ReferenceModel, WAYS_OF_WEIGHTS};

/// Random models of these seeds are drawn as the reference draws them, from memory and through a driver.
fn are_drawn_alike(seeds: std::ops::Range<u64>) {
    let (mut levels, mut pictures) = (0, 0);
    for seed in seeds {
        let mut noise = Noise(seed);
        let reference = ReferenceModel::random(&mut noise);
        let file = reference.random_file(&mut noise);
        let model = Model::load(&file).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let mut arena = vec![0xa5; model.arena_bytes()];
        let tested = model.self_test(&mut arena);
        assert_eq!(tested, Ok(()), "seed {seed}");

        let rom = Rom::<4>::new(&file);
        let range = 0..rom.bytes.borrow().len() as u32;
        let mut buffer = vec![0; model.page_bytes(4)];
        let mut paged = PagedModel::load(rom, range, &mut buffer).unwrap();
        for _ in 0..2 {
            let request = reference.request(&mut noise);
            let expected = reference.draw(&request);
            let picture = model.generate(&request, &mut arena).unwrap();
            assert!(picture.pixels() == expected, "seed {seed}: {request:?}");
            let picture = paged.generate(&request, &mut arena).unwrap();
            assert!(picture.pixels() == expected, "seed {seed}: {request:?}");
            let mut seen = [false; 256];
            expected.iter().for_each(|it| seen[usize::from(*it)] = true);
            levels += seen.into_iter().filter(|it| *it).count();
            pictures += 1;
        }
    }
    // Flat pictures would hide differences.
    println!("{levels} values of pixels in {pictures} pictures");
    assert!(levels > 20 * pictures, "{levels} in {pictures} pictures");
}

#[test]
fn random_models_are_drawn_by_the_documents() {
    are_drawn_alike(0..1_000);
}

#[test]
#[ignore = "minutes: tools/test --long"]
fn twenty_thousand_random_models_are_drawn_by_the_documents() {
    are_drawn_alike(1_000..21_000);
}

/// Golden pictures of these models, drawn by the reference.
fn pass_self_test(models: impl Iterator<Item = (ReferenceModel, Vec<(u16, u64)>)>) -> usize {
    let checked = models.map(|(reference, golden)| {
        let file = reference.file(reference.oldest_version(), &golden);
        let model = Model::load(&file).unwrap();
        let mut arena = vec![0xa5; model.arena_bytes()];
        let tested = model.self_test(&mut arena);
        assert_eq!(tested, Ok(()), "{:?}", model.layers().collect::<Vec<_>>());
    });
    checked.count()
}

#[test]
fn every_window_is_drawn_by_the_documents() {
    let count = pass_self_test(ReferenceModel::every_window().map(|it| (it, vec![(0, 1)])));
    println!("{count} windows");
    assert!(count > 3_000, "{count} windows");
}

/// The pixels are the weights themselves.
#[test]
fn every_scale_and_byte_of_four_bits_is_decoded() {
    for operator in WAYS_OF_WEIGHTS {
        let mut seen = std::collections::HashSet::new();
        for (part, reference) in (0..).zip(ReferenceModel::every_scale_and_byte(operator)) {
            let file = reference.file(3, &[]);
            let model = Model::load(&file).unwrap();
            let mut arena = vec![0; model.arena_bytes()];
            for weight in 0..reference.classes {
                let request = Request::new(weight, 0);
                let picture = model.generate(&request, &mut arena).unwrap();
                assert_eq!(picture.pixels(), reference.draw(&request));
                for (filter, pixel) in (0..).zip(picture.pixels()) {
                    // Four bytes have eight weights, first their low halves, then their high ones.
                    let place = weight / 8 * 4 + weight % 4;
                    let (scale, byte) = ReferenceModel::scale_and_byte(part * 64 + filter, place);
                    let bits = byte >> (weight % 8 / 4 * 4) & 15;
                    let expected = i32::from(scale) * (i32::from(bits) - 8);
                    assert_eq!(
                        i32::from(*pixel) - 128,
                        expected,
                        "{operator:?} {scale} {byte}"
                    );
                    seen.insert((scale, byte, weight % 8));
                }
            }
        }
        assert_eq!(seen.len(), 16 * 256 * 8);
    }
}
