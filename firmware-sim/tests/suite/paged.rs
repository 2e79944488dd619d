//! Networks of every shape, drawn through buffers of every size from a flash that is not memory-mapped.

use embedded_storage::nor_flash::NorFlash;
use pixling::flash::PagedModel;
use pixling::{Model, Request};
use pixling_sim::testing::SimulatedFlash;
use pixling_test_support::{Network, Noise};

fn agrees<const READ: usize>(network: &Network, file: &[u8], more: usize) {
    let model = Model::load(file).unwrap();
    let mut flash = SimulatedFlash::<READ, 4, 1024>::new(file.len().div_ceil(1024));
    let mut padded = file.to_vec();
    padded.resize(file.len().next_multiple_of(4), 0xff);
    flash.write(0, &padded).unwrap();
    let mut buffer = vec![0; model.page_bytes(READ) + more];
    let end = flash.bytes().len() as u32;
    let mut paged = PagedModel::load(flash, 0..end, &mut buffer).unwrap();
    let (mut arena, mut other) = (
        vec![0; model.arena_bytes()],
        vec![0xff; model.arena_bytes()],
    );
    let request = Request::new(7, 1);
    let expected = model.generate(&request, &mut arena).unwrap();
    let found = paged.generate(&request, &mut other).unwrap();
    assert!(found == expected, "{READ} {more}: {:?}", network.layers);
}

#[test]
fn every_small_shape_is_drawn_alike() {
    for network in Network::small() {
        let file = network.file(3);
        agrees::<1>(&network, &file, 0);
        agrees::<4>(&network, &file, 40);
    }
}

#[test]
fn random_shapes_are_drawn_alike() {
    let mut noise = Noise(5);
    for number in 0..300 {
        let mut network = Network::random(&mut noise);
        if number % 2 == 1 {
            network = network.modulated(&mut noise);
        }
        let file = network.file(noise.below(1000).into());
        agrees::<1>(&network, &file, 0);
        agrees::<4>(&network, &file, noise.below(600) as usize);
        agrees::<4>(&network, &file, noise.below(file.len() as u32) as usize);
    }
}
