//! The flash and the RAM that the firmware of boards takes, as a table. `tools/bench boards` runs it.
//!
//! Arguments: for each board its name, `=`, and the path of its ELF file.

use object::{Object, ObjectSection, ObjectSymbol, SectionFlags};
use pixling_boards::Catalog;
use pixling_sim::emulate::Firmware;
use std::ops::Range;
use std::path::Path;

/// Where chips have their RAM: Cortex-M, and the data side of an ESP32-C3, which sees its code in RAM as well.
const RAM: [Range<u64>; 2] = [0x2000_0000..0x3000_0000, 0x3fc8_0000..0x3fce_0000];

fn main() {
    let catalog = Catalog::embedded();
    println!(
        "| board | core | bytes of flash | of | bytes of RAM | of | model at |\n|---|---|---|---|---|---|---|"
    );
    for argument in std::env::args().skip(1) {
        let (name, path) = argument.split_once('=').expect("NAME=PATH");
        let board = catalog.board(name).unwrap();
        let firmware = Firmware::read(Path::new(path)).unwrap();
        let bytes = std::fs::read(path).unwrap();
        let elf = object::File::parse(&*bytes).unwrap();
        // The place in flash, for a chip that maps its flash.
        let offset = elf.symbol_by_name("_model_offset");
        let model = offset.map_or(firmware.partition().start, |symbol| symbol.address());
        println!(
            "| {} | {} | {} | {} KiB | {} | {} KiB | `{model:#010x}` |",
            board.title,
            board.core,
            firmware.flash_bytes(),
            board.flash / 1024,
            ram_bytes(&elf),
            board.ram / 1024,
        );
    }
}

/// The RAM of all statics. The rest, or a section of that name, is for the stack.
fn ram_bytes(elf: &object::File<'_>) -> u64 {
    let takes_ram = |section: &object::Section<'_, '_>| {
        let allocated = match section.flags() {
            SectionFlags::Elf { sh_flags } => sh_flags & u64::from(object::elf::SHF_ALLOC) != 0,
            _ => false,
        };
        let inside = RAM.iter().any(|range| range.contains(&section.address()));
        allocated && inside && section.name() != Ok(".stack")
    };
    elf.sections().filter(takes_ram).map(|it| it.size()).sum()
}
