//! Random models that a reference has written and drawn by the documents alone.

mod common;

use common::Rom;
use pixling::Model;
use pixling::flash::PagedModel;
use pixling_test_support::{Noise, ReferenceModel};

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
