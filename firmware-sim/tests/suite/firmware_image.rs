//! What the firmware's ELF file holds, and what it must not.

use crate::support::{cross, cross_command, firmware_sources};
use object::{Object, ObjectSection, ObjectSymbol};
use pixling_sim::emulate::{self, Core, Firmware, Flavour};

fn with_image(check: impl FnOnce(&Firmware, &object::File<'_>)) {
    let path = emulate::build(Core::M4, Flavour::Runtime).unwrap();
    let firmware = Firmware::read(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    check(&firmware, &object::File::parse(&*bytes).unwrap());
}

#[test]
fn the_model_is_in_no_section() {
    with_image(|firmware, elf| {
        let partition = firmware.partition();
        assert!(!partition.is_empty());
        for section in elf.sections().filter(|section| section.address() != 0) {
            let end = section.address() + section.size();
            let name = section.name().unwrap();
            assert!(
                end <= partition.start || section.address() >= partition.end,
                "{name} reaches into the partition"
            );
        }
    });
}

#[test]
fn nothing_is_copied_to_ram_at_boot() {
    with_image(|_, elf| {
        let data = elf.section_by_name(".data").map_or(0, |it| it.size());
        assert_eq!(data, 0, "bytes in .data");
    });
}

#[test]
fn there_is_no_allocator_and_no_formatting() {
    with_image(|_, elf| {
        let symbols: Vec<&str> = elf.symbols().filter_map(|it| it.name().ok()).collect();
        assert!(symbols.iter().any(|name| name.contains("pixling")));
        // `core::fmt::Formatter` and `core::fmt::write`, as they are mangled.
        for word in [
            "__rust_alloc",
            "__rust_no_alloc",
            "fmt9Formatter",
            "3fmt5write",
            "malloc",
        ] {
            let found: Vec<_> = symbols.iter().filter(|name| name.contains(word)).collect();
            assert!(found.is_empty(), "{found:?}");
        }
    });
}

#[test]
fn code_and_constants_stay_small() {
    with_image(|firmware, _| {
        println!("{} bytes of flash", firmware.flash_bytes());
        assert!((4_096..65_536).contains(&firmware.flash_bytes()));
    });
}

#[test]
fn the_firmware_declares_no_allocator_of_its_own() {
    for crate_folder in ["cortex-m", "device", "riscv"] {
        let manifest = firmware_sources().join(crate_folder).join("Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).unwrap();
        assert!(!manifest.contains("alloc"), "{manifest}");
    }
}

/// The runtime linked alone, without and with slots in a driver's flash: nothing in it can panic, which does not link,
/// nor format or allocate, and nothing is copied to RAM. Kernels of every kind are among them. The library that checks
/// signatures has checks of bounds besides.
#[test]
fn the_runtime_alone_has_no_panic_path() {
    for (triple, features, kibibytes) in [
        ("thumbv6m-none-eabi", "", 26),
        ("thumbv7em-none-eabi", "", 29),
        ("thumbv6m-none-eabi", "flash", 40),
        ("thumbv7m-none-eabi", "flash", 37),
        ("thumbv7em-none-eabi", "flash", 45),
        ("thumbv8m.main-none-eabi", "flash,pixling/mve", 41),
        ("riscv32imc-unknown-none-elf", "flash", 46),
        ("thumbv6m-none-eabi", "signed", 60),
        ("thumbv7em-none-eabi", "signed", 63),
    ] {
        let path = cross("size-probe", triple, features, "pixling-size-probe");
        let bytes = std::fs::read(path).unwrap();
        let elf = object::File::parse(&*bytes).unwrap();
        let symbols: Vec<&str> = elf.symbols().filter_map(|it| it.name().ok()).collect();
        assert!(symbols.iter().any(|name| name.contains("pixling")));
        assert_eq!(symbols.contains(&"replace"), !features.is_empty());
        let words = ["panic", "_fail", "fmt", "alloc", "unwrap"];
        let mut found: Vec<_> = symbols
            .iter()
            .filter(|name| words.iter().any(|word| name.contains(word)))
            .collect();
        // `ed25519-compact` reads arrays at places that the compiler cannot bound.
        if features == "signed" {
            let checks = ["panic_bounds_check", "slice_index_fail", "panic_fmt"];
            found.retain(|name| !checks.iter().any(|check| name.ends_with(check)));
        }
        assert!(found.is_empty(), "{triple} {features}: {found:?}");
        let size = |name: &str| elf.section_by_name(name).map_or(0, |it| it.size());
        let (code, constants) = (size(".text"), size(".rodata"));
        println!("{triple} {features}: {code} bytes of code, {constants} of constants");
        assert_eq!((size(".data"), size(".bss")), (0, 0));
        // Code, constants and the floating point of the compiler's library.
        assert!(
            code + constants < kibibytes * 1024,
            "{triple} {features}: {code} + {constants}"
        );
    }
}

#[test]
fn a_panic_in_the_runtime_alone_does_not_link() {
    let output = cross_command("size-probe", "thumbv6m-none-eabi", "panic")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(text.contains("error(panic-never)"), "{text}");
}
