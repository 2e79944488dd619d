//! A model by itself on its way to a device: what `pixling pack` writes, others read back byte by byte, and firmware
//! that was built before draws from it.

use crate::support::microbit::{MicroBit, build_firmware};
use crate::support::readers::{self, first_address, read_intel_hex, read_uf2};
use crate::support::{has, train_to_file};
use embedded_graphics::pixelcolor::Gray8;
use embedded_graphics::prelude::Size;
use pixling::{Model, Way};
use pixling_app::{App, Frame, Settings, Workspace};
use pixling_boards::{Catalog, FAMILIES, Family, Partition, intel_hex, uf2};
use pixling_sim::emulate::{Core, Firmware, Flavour, Machine, build, emulate};
use pixling_sim::{ModelFile, PictureRequest};
use pixling_trainer::model::Nano;
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// More than the 64 KiB between two upper halves of an address, no multiple of anything, and all byte values.
fn many_bytes() -> Vec<u8> {
    let bytes = (0..150_001u32).map(|it| (it.wrapping_mul(2_654_435_761) >> 23) as u8);
    bytes.collect()
}

/// A model that draws, from a training of its own.
fn model(seed: u64) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.pxl");
    train_to_file(&Nano, &path, seed);
    std::fs::read(path).unwrap()
}

#[test]
fn two_readers_give_back_the_bytes_of_intel_hex() {
    if !readers::are_here() {
        return;
    }
    let bytes = many_bytes();
    for board in Catalog::embedded().boards() {
        let Some(Partition { address, .. }) = board.partition else {
            continue;
        };
        // At its start, and so that the upper half of the address changes after a line.
        for address in [address, address + 0xfff0] {
            let text = intel_hex(&bytes, address).unwrap();
            assert_eq!(first_address(&text), address, "{}", board.name);
            for read in read_intel_hex(&text) {
                assert!(read == bytes, "{}: {address:#x}", board.name);
            }
        }
    }
}

#[test]
fn a_reader_gives_back_the_bytes_of_uf2_and_knows_the_family() {
    if !readers::are_here() {
        return;
    }
    let bytes = many_bytes();
    for family in &FAMILIES {
        let Some(number) = family.uf2 else {
            continue;
        };
        let address = family.flash_start + 0x2_0000;
        let (read, start, name) = read_uf2(&uf2(&bytes, address, number));
        assert_eq!(start, address, "{}", family.name);
        // The reader's own table says what the number stands for.
        let known = name.to_lowercase().replace('_', "");
        assert!(known.starts_with(family.name), "{name}: {}", family.name);
        let (content, rest) = read.split_at(bytes.len());
        assert!(content == bytes, "{}", family.name);
        // The last block is filled up as erased flash is.
        assert!(rest.len() < 256 && rest.iter().all(|byte| *byte == 0xff));
    }
}

/// The partition of a micro:bit.
fn microbit() -> &'static Partition {
    let board = Catalog::embedded().board("microbit").unwrap();
    board.partition.as_ref().unwrap()
}

const REQUEST: PictureRequest = PictureRequest {
    class: 7,
    seed: 2024,
    style: 5,
    z_s_percent: 100,
    z_u_percent: 100,
    way: Way::Joint,
};

#[test]
fn firmware_draws_from_what_a_reader_makes_of_uf2() {
    if !(readers::are_here() && has("qemu-system-arm")) {
        return;
    }
    // A core, and a partition, that a chip of this family could have.
    let family = Family::named("rp2350").unwrap();
    let firmware = Firmware::read(&build(Core::M33, Flavour::Runtime).unwrap()).unwrap();
    let address = firmware.partition().start as u32;
    let file = model(3);
    assert_eq!(family.check(address, file.len()), Ok(()));
    let (bytes, start, _) = read_uf2(&uf2(&file, address, family.uf2.unwrap()));
    assert_eq!(start, address);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flash");
    std::fs::write(&path, bytes).unwrap();
    let machine = Machine {
        core: Core::M33,
        qemu: None,
        timeout: Duration::from_secs(120),
    };
    let file = ModelFile::read(&path).unwrap();
    let outcomes = emulate(&file, &[REQUEST], &firmware, &machine).unwrap();
    assert!(outcomes[0].is_good(), "{:?}", outcomes[0]);
}

/// QEMU reads the HEX file itself, and puts it where the file says.
#[test]
fn firmware_draws_from_intel_hex() {
    if !has("qemu-system-arm") {
        return;
    }
    let elf = build(Core::M0, Flavour::Runtime).unwrap();
    let partition = microbit();
    // The firmware of the emulator and that of the board keep the same partition.
    let range = Firmware::read(&elf).unwrap().partition();
    let end = u64::from(partition.address + partition.bytes);
    assert_eq!(range, partition.address.into()..end);

    let file = model(4);
    let folder = tempfile::tempdir().unwrap();
    let hex = folder.path().join("model.hex");
    std::fs::write(&hex, intel_hex(&file, partition.address).unwrap()).unwrap();
    let output = Command::new("qemu-system-arm")
        .args(["-machine", "microbit", "-bios", "none", "-nodefaults"])
        .args(["-display", "none", "-serial", "none", "-monitor", "none"])
        .args(["-icount", "shift=7"])
        .args([
            "-semihosting-config",
            "enable=on,target=native,arg=7:2024:5:100:100:0",
        ])
        .arg("-device")
        .arg(format!("loader,file={}", hex.display()))
        .arg("-kernel")
        .arg(elf)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in ["load ok", "self-test ok", "done"] {
        assert!(report.lines().any(|it| it == line), "{line}: {report}");
    }
    let model = Model::load(&file).unwrap();
    let mut arena = vec![0; model.arena_bytes()];
    let picture = model.generate(&REQUEST.to_request(), &mut arena).unwrap();
    let expected: String = picture
        .pixels()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert!(
        report.lines().any(|it| it == format!("pixels {expected}")),
        "{report}"
    );
}

/// What the application shows first on 5x5 LEDs, drawn on this machine.
fn first_frame(file: &[u8]) -> Vec<u8> {
    let model = Model::load(file).unwrap();
    let (mut arena, mut bytes) = (vec![0; model.arena_bytes()], [0; 25]);
    let mut frame = Frame::<Gray8>::new(&mut bytes, Size::new(5, 5)).unwrap();
    let mut workspace = Workspace {
        arena: &mut arena,
        row: &mut [],
    };
    App::new(model, Settings::default())
        .draw(&mut frame, &mut workspace)
        .unwrap();
    frame.bytes().to_vec()
}

/// The display's ten steps.
fn step(grey: u8) -> u32 {
    (u32::from(grey) * 9 + 127) / 255
}

/// Looks at the pins until all of these LEDs were seen lit. Others must stay dark for as long.
fn sees(bit: &mut MicroBit, wanted: &BTreeSet<(usize, usize)>, allowed: &BTreeSet<(usize, usize)>) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut seen = BTreeSet::new();
    let mut looks = 0;
    while !seen.is_superset(wanted) || looks < 500 {
        let lit = bit.lit();
        for led in &lit {
            assert!(allowed.contains(led), "{led:?} is lit, not of {allowed:?}");
        }
        seen.extend(lit);
        looks += 1;
        assert!(Instant::now() < deadline, "{seen:?} of {wanted:?} were lit");
    }
}

/// The board's own firmware, which is not built again: another file in its flash makes it draw other pictures.
#[test]
fn a_micro_bit_shows_the_model_that_is_in_its_flash() {
    if !has("qemu-system-arm") {
        return;
    }
    let firmware = build_firmware();
    let address = microbit().address;
    let folder = tempfile::tempdir().unwrap();
    let hex = folder.path().join("model.hex");
    let files = [model(5), model(6)];
    let frames = [first_frame(&files[0]), first_frame(&files[1])];
    assert_ne!(frames[0], frames[1]);
    for (file, expected) in files.iter().zip(&frames) {
        std::fs::write(&hex, intel_hex(file, address).unwrap()).unwrap();
        let mut bit = MicroBit::boot(&firmware, Some(&hex));
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let frame = bit.frame();
            if frame == *expected {
                break;
            }
            assert!(Instant::now() < deadline, "{frame:?}, not {expected:?}");
        }
        let leds = |least: u32| {
            let place = (0..25).map(|it| (it % 5, it / 5));
            let lit = place
                .zip(expected)
                .filter(|(_, grey)| step(**grey) >= least);
            lit.map(|(led, _)| led).collect::<BTreeSet<_>>()
        };
        let brightest = expected.iter().map(|grey| step(*grey)).max().unwrap();
        assert!(brightest > 0, "{expected:?}");
        // The dimmest are lit for thousandths of the time only.
        sees(&mut bit, &leds(brightest), &leds(1));
        assert!(bit.has_spare_stack(512));
    }
}

#[test]
fn a_micro_bit_without_a_model_shows_a_cross() {
    if !has("qemu-system-arm") {
        return;
    }
    let cross = (0..5).flat_map(|it| [(it, it), (it, 4 - it)]).collect();
    let mut bit = MicroBit::boot(&build_firmware(), None);
    sees(&mut bit, &cross, &cross);
}
