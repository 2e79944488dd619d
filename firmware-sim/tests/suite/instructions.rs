//! An image holds no instruction that its core does not have: assembly in the kernels may say otherwise to the assembler.

use crate::support::{cross, has};
use pixling_sim::emulate::{self, Core, Flavour};
use std::path::Path;
use std::process::Command;

/// The disassembler's processor, or its extensions, for each core.
fn flags(core: Core) -> [&'static str; 2] {
    match core {
        Core::M0 => ["--triple=thumbv6m", "--mcpu=cortex-m0"],
        Core::M3 => ["--triple=thumbv7m", "--mcpu=cortex-m3"],
        Core::M4 => ["--triple=thumbv7em", "--mcpu=cortex-m4"],
        Core::M7 => ["--triple=thumbv7em", "--mcpu=cortex-m7"],
        Core::M33 => ["--triple=thumbv8m.main", "--mcpu=cortex-m33"],
        Core::M55 => ["--triple=thumbv8.1m.main", "--mcpu=cortex-m55"],
        Core::Rv32 => ["--triple=riscv32", "--mattr=+m,+c"],
    }
}

/// The number of instructions of an image, and the instructions that the processor does not have.
fn instructions(image: &Path, flags: [&str; 2]) -> (usize, Vec<String>) {
    let output = Command::new("llvm-objdump")
        .args(["--disassemble", "--no-show-raw-insn"])
        .args(flags)
        .arg(image)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    // Such as "    1a2c: adds r0, #1"; data among them has a directive.
    let lines = text.lines().filter(|line| {
        let (place, rest) = line.trim_start().split_once(':').unwrap_or_default();
        u64::from_str_radix(place, 16).is_ok() && !rest.trim_start().starts_with('.')
    });
    let lines: Vec<&str> = lines.collect();
    let foreign = lines.iter().filter(|line| line.contains("<unknown>"));
    (lines.len(), foreign.map(ToString::to_string).collect())
}

#[test]
fn an_image_has_only_the_instructions_of_its_core() {
    if !has("llvm-objdump", "llvm") {
        return;
    }
    for core in Core::ALL {
        for flavour in [Flavour::Runtime, Flavour::Paged] {
            let image = emulate::build(core, flavour).unwrap();
            let (count, foreign) = instructions(&image, flags(core));
            assert!(count > 3000, "{core:?}: {count} instructions");
            assert!(foreign.is_empty(), "{core:?}: {foreign:?}");
        }
    }
    // It tells: the vectors of an M55 are none of an M4's instructions.
    let image = emulate::build(Core::M55, Flavour::Runtime).unwrap();
    assert!(!instructions(&image, flags(Core::M4)).1.is_empty());
}

/// RISC-V without instructions of 16 bits.
#[test]
fn the_runtime_for_rv32im_has_no_compressed_instructions() {
    if !has("llvm-objdump", "llvm") {
        return;
    }
    let triple = "riscv32im-unknown-none-elf";
    let library = cross("../runtime", triple, "flash", "libpixling.rlib");
    let (count, foreign) = instructions(&library, ["--triple=riscv32", "--mattr=+m,-c"]);
    assert!(count > 3000 && foreign.is_empty(), "{count} {foreign:?}");
}
