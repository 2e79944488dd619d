//! The application in firmware on an emulated core, against the desktop.

use crate::support::{Workplace, has_emulator};
use pixling::Way;
use pixling_app::{APPLICATION_BYTES, Action, Dithering, Lock, Mode, Rotation, STACK_BYTES};
use pixling_boards::Catalog;
use pixling_sim::emulate::{self, Core, Firmware, Flavour, Machine, Played};
use pixling_sim::run::{Device, Hardware, Photo, Script, Stage, Start, Step, play};
use pixling_sim::{Error, ModelFile, PictureRequest};
use pixling_test_support::MICRO;
use std::path::Path;
use std::time::Duration;

const START: Start = Start {
    request: PictureRequest {
        class: 7,
        seed: 3,
        style: 4,
        z_s_percent: 100,
        z_u_percent: 80,
        way: Way::Joint,
    },
    mode: Mode::Browse,
    lock: Lock::None,
    dithering: Dithering::Ordered,
};

const SCRIPT: &str = "shot a; press A; shot b; press B; press A; press A; shot c; press B; wait 0.4; shot d; wait 2; \
                      press B; press A; shot e";

struct Frames(Vec<Vec<u8>>);

impl Stage for Frames {
    fn shot(&mut self, _: Option<&Path>, _: &Photo, frame: &[u8]) -> Result<(), Error> {
        self.0.push(frame.to_vec());
        Ok(())
    }
}

/// On the desktop, drawing at every tick.
struct Busy(Frames);

impl Stage for Busy {
    fn tick(&mut self, device: &mut Device<'_>) -> Result<(), Error> {
        device.refresh().map(drop)
    }

    fn shot(&mut self, path: Option<&Path>, photo: &Photo, frame: &[u8]) -> Result<(), Error> {
        self.0.shot(path, photo, frame)
    }
}

fn hardware(board: &str, display: &str, degrees: u16) -> Hardware {
    let catalog = Catalog::embedded();
    let mut hardware = Hardware::new(catalog, board, Some(display)).unwrap();
    hardware.rotation = Rotation::from_degrees(degrees).unwrap();
    hardware
}

fn on_desktop(hardware: &Hardware, start: &Start, stage: &mut impl Stage) {
    let file = MICRO.file(0);
    let model = pixling::Model::load(&file).unwrap();
    let catalog = Catalog::embedded();
    let settings = start.settings(hardware);
    let mut device = Device::new(model, hardware.clone(), settings, catalog).unwrap();
    let script = Script::parse(SCRIPT, &hardware.board).unwrap();
    play(&script, &mut device, stage).unwrap();
}

fn on_core(
    core: Core,
    hardware: &Hardware,
    start: &Start,
    script: &Script,
) -> Result<Played, Error> {
    let workplace = Workplace::new(&MICRO.file(0));
    let file = ModelFile::read(&workplace.path("model.pxl")).unwrap();
    let firmware = Firmware::read(&emulate::build(core, Flavour::Application).unwrap()).unwrap();
    let machine = Machine {
        core,
        qemu: None,
        timeout: Duration::from_secs(60),
    };
    emulate::play(&file, hardware, start, script, &firmware, &machine)
}

#[test]
fn the_same_script_gives_the_same_frame_buffers_byte_for_byte() {
    if !has_emulator() {
        return;
    }
    let diffused = Start {
        dithering: Dithering::Diffusion,
        ..START
    };
    for (core, display, degrees, start) in [
        (Core::M4, "tft", 0, START),
        (Core::M4, "e-paper", 90, diffused),
        (Core::M4, "oled", 180, START),
        (Core::M3, "tft", 270, START),
        (Core::M0, "leds", 0, START),
        (Core::M0, "oled", 0, diffused),
    ] {
        let hardware = hardware("pico", display, degrees);
        let mut desktop = Frames(Vec::new());
        on_desktop(&hardware, &start, &mut desktop);
        let script = Script::parse(SCRIPT, &hardware.board).unwrap();
        let played = on_core(core, &hardware, &start, &script).unwrap();
        assert_eq!(desktop.0.len(), 5);
        assert!(desktop.0 == played.frames, "{core:?} {display}");
        assert!(desktop.0.windows(2).all(|pair| pair[0] != pair[1]));
        println!("{core:?} {display}: {} bytes of stack", played.stack_bytes);
        assert!(played.stack_bytes as usize <= APPLICATION_BYTES + STACK_BYTES);
    }
}

#[test]
fn modes_and_locks_change_what_they_say() {
    let catalog = Catalog::embedded();
    let file = MICRO.file(0);
    // Class, seed and style behind a script, starting with class 7, seed 3, style 4.
    let after = |mode, lock, script: &str| {
        let hardware = hardware("pico", "oled", 0);
        let start = Start {
            mode,
            lock,
            ..START
        };
        let model = pixling::Model::load(&file).unwrap();
        let script = Script::parse(script, &hardware.board).unwrap();
        let settings = start.settings(&hardware);
        let mut device = Device::new(model, hardware, settings, catalog).unwrap();
        play(&script, &mut device, &mut Frames(Vec::new())).unwrap();
        let pick = device.app().pick();
        (pick.class, pick.seed, pick.style)
    };
    let twice = "press A; press A";
    assert_eq!(after(Mode::Browse, Lock::None, twice), (9, 3, 4));
    assert_eq!(after(Mode::Browse, Lock::Class, twice), (7, 5, 4));
    assert_eq!(
        after(Mode::Browse, Lock::Style, "press A; press A; press A"),
        (0, 3, 4)
    );
    assert_eq!(after(Mode::Reroll, Lock::None, twice), (7, 3, 6));
    assert_eq!(after(Mode::Reroll, Lock::Class, twice), (7, 3, 6));
    assert_eq!(after(Mode::Reroll, Lock::Style, twice), (7, 5, 4));
    assert_eq!(after(Mode::Morph, Lock::None, "wait 1"), (8, 3, 5));
    assert_eq!(after(Mode::Morph, Lock::Class, "wait 1"), (7, 3, 5));
    assert_eq!(after(Mode::Morph, Lock::Style, "wait 1"), (8, 3, 4));
    assert_eq!(after(Mode::Morph, Lock::None, "wait 0.4"), (7, 3, 4));
    // A locked class by the buttons alone; the second mode change is a long press.
    let locks = "hold A; press B; press B; press A; press B; press A";
    assert_eq!(after(Mode::Browse, Lock::None, locks).1, 4);
}

#[test]
fn what_is_drawn_in_between_changes_nothing() {
    let hardware = hardware("pico", "oled", 0);
    let (mut rarely, mut busy) = (Frames(Vec::new()), Busy(Frames(Vec::new())));
    on_desktop(&hardware, &START, &mut rarely);
    on_desktop(&hardware, &START, &mut busy);
    assert!(rarely.0 == busy.0.0);
}

#[test]
fn a_frame_buffer_that_is_too_large_is_refused_there_and_here() {
    let mut hardware = hardware("microbit", "oled", 0);
    // The micro:bit's RAM without arena, row, application and stack: 16,384 - 4,971 - 256 - 1,536 - 2,048 = 7,573 bytes,
    // which are 473 rows of 128 pixels.
    let catalog = Catalog::embedded();
    let file = MICRO.file(0);
    let device = |hardware: &Hardware| {
        let model = pixling::Model::load(&file).unwrap();
        let settings = START.settings(hardware);
        Device::new(model, hardware.clone(), settings, catalog).map(drop)
    };
    hardware.display.height = 473;
    device(&hardware).unwrap();
    hardware.display.height = 474;
    let Err(Error::OutOfMemory {
        needed, available, ..
    }) = device(&hardware)
    else {
        panic!("it should not fit");
    };
    assert_eq!((needed, available), (16_395, 16_384));

    if has_emulator() {
        let script = Script {
            steps: vec![Step::Action(Action::Shot)],
        };
        let error = on_core(Core::M0, &hardware, &START, &script).unwrap_err();
        assert!(
            error.to_string().contains("frame buffer is too small"),
            "{error}"
        );
    }
}

#[test]
fn a_script_that_is_too_long_for_the_firmware_is_refused() {
    if !has_emulator() {
        return;
    }
    let hardware = hardware("pico", "oled", 0);
    let script = Script::parse(&"press A;".repeat(200), &hardware.board).unwrap();
    let error = on_core(Core::M4, &hardware, &START, &script).unwrap_err();
    assert!(error.to_string().contains("of 1023"), "{error}");
}

#[test]
fn thirty_frames_a_second_are_drawn_on_the_desktop() {
    let hardware = hardware("pico", "tft", 0);
    let morph = Start {
        mode: Mode::Morph,
        ..START
    };
    let mut stage = Busy(Frames(Vec::new()));
    let before = std::time::Instant::now();
    on_desktop(&hardware, &morph, &mut stage);
    let script = Script::parse(SCRIPT, &hardware.board).unwrap();
    let ticks: u32 = script
        .steps
        .iter()
        .map(|step| match step {
            Step::Action(Action::Ticks(ticks)) => *ticks,
            _ => 0,
        })
        .sum();
    let limit = Duration::from_secs_f64(f64::from(ticks) / 30.0);
    assert!(
        before.elapsed() < limit,
        "{:?} of {limit:?}",
        before.elapsed()
    );
}
