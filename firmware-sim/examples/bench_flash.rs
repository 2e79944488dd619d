//! The bytes that drawing reads from a flash that is not memory-mapped, by the size of the caller's buffer.
//!
//! `tools/bench flash` runs it and puts the table that it prints into docs/flash.md. It counts, so that it prints the same
//! on every machine.

use embedded_storage::nor_flash::NorFlash;
use pixling::flash::{PagedModel, Traffic};
use pixling::{Model, Request};
use pixling_sim::testing::SimulatedFlash;
use pixling_test_support::Network;

/// A chip on SPI reads single bytes.
type Flash = SimulatedFlash<1, 4, 4096>;

/// KiB of the buffers, besides the smallest buffer.
const SIZES: [usize; 6] = [1, 2, 4, 8, 16, 32];

fn main() {
    println!("| | file | arena, rows | buffer | read at load | a picture reads | in calls |");
    println!("|---|---|---|---|---|---|---|");
    for network in [
        Network::nano(),
        Network::micro(),
        Network::micro().in_four_bits(u32::MAX),
        Network::micro_plain(),
        Network::mini(),
        Network::milli(),
    ] {
        let file = network.file(1);
        let model = Model::load(&file).unwrap();
        let least = model.page_bytes(1);
        let sizes = SIZES.map(|size| size * 1024);
        // Up to the first that holds all that a picture needs.
        let mut silent = false;
        for size in std::iter::once(least)
            .chain(sizes)
            .filter(|&size| size >= least)
        {
            if silent {
                break;
            }
            let (load, picture) = traffic(&file, size);
            silent = picture.bytes == 0;
            println!(
                "| `{}` | {} | {} | {} | {} | {} | {} |",
                network.name,
                thousands(file.len() as u32),
                thousands(model.rows_arena_bytes() as u32),
                thousands(size as u32),
                thousands(load.bytes),
                thousands(picture.bytes),
                thousands(picture.reads)
            );
        }
    }
}

/// The traffic of loading, and of a picture row by row.
fn traffic(file: &[u8], size: usize) -> (Traffic, Traffic) {
    let mut flash = Flash::new(file.len().div_ceil(4096));
    let mut padded = file.to_vec();
    padded.resize(file.len().next_multiple_of(4), 0xff);
    flash.write(0, &padded).unwrap();
    let end = flash.bytes().len() as u32;
    let mut buffer = vec![0; size];
    let mut model = PagedModel::load(flash, 0..end, &mut buffer).unwrap();
    let load = model.take_traffic();
    let mut arena = vec![0; model.rows_arena_bytes()];
    let mut rows = model.rows(&Request::new(3, 2024), &mut arena).unwrap();
    while rows.next_row().unwrap().is_some() {}
    (load, model.take_traffic())
}

fn thousands(value: u32) -> String {
    let (high, low) = (value / 1000, value % 1000);
    if high == 0 {
        low.to_string()
    } else {
        format!("{high},{low:03}")
    }
}
