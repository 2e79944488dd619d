//! `pixling-sim run`.

use super::arguments::Run;
use super::{Verdict, print};
use crate::difference::different_bytes;
use crate::emulate::{self, Core, Firmware, Flavour, Machine, Played};
use crate::run::{Device, Hardware, Photo, Recorder, Script, Stage, Start, Step, play, terminal};
use crate::{Error, ModelFile};
use pixling_app::{Action, Mode, TICKS_PER_SECOND};
use pixling_boards::{Catalog, Estimate, Macs, Measured};
use pixling_io::{check_outputs, class_named};
use std::iter;
use std::path::{Path, PathBuf};

pub(crate) fn run(arguments: &Run) -> Result<Verdict, Error> {
    let file = ModelFile::read(&arguments.model)?;
    let model = file.model()?;
    let catalog = Catalog::with_file(arguments.boards.as_deref())?;
    let mut hardware = Hardware::new(&catalog, &arguments.board, arguments.display.as_deref())?;
    hardware.rotation = arguments.rotate.into();
    let start = start(arguments, &file.labels()?)?;
    let mut script = match &arguments.script {
        Some(text) => Script::parse(text, &hardware.board)?,
        None if arguments.gif.is_some() => Script::wait(arguments.seconds * TICKS_PER_SECOND),
        None => Script::default(),
    };
    if let Some(path) = &arguments.png {
        script.steps.push(Step::Shot(path.clone()));
    } else if arguments.core.is_some() {
        script.steps.push(Step::Action(Action::Shot));
    }
    check_outputs(
        script.files().chain(arguments.gif.as_deref()),
        iter::once(&*arguments.model).chain(arguments.boards.as_deref()),
    )?;
    let settings = start.settings(&hardware);
    let mut device = Device::new(model.clone(), hardware.clone(), settings, &catalog)?;
    let mut stage = Take {
        recorder: arguments.gif.is_some().then(Recorder::new),
        ..Take::default()
    };
    play(&script, &mut device, &mut stage)?;
    if let (Some(path), Some(recorder)) = (&arguments.gif, &stage.recorder) {
        pixling_io::write(path, &recorder.to_gif()?)?;
        stage.written.push(path.clone());
    }
    for path in &stage.written {
        print(&format!("{}\n", path.display()))?;
    }
    let mut verdict = Verdict::Good;
    if let Some(core) = arguments.core {
        let firmware = Firmware::read(&emulate::build(core, Flavour::Application)?)?;
        // A script of an hour with a picture in each second is done before the time of the machine is over.
        let machine = Machine::new(core);
        let played = emulate::play(&file, &hardware, &start, &script, &firmware, &machine)?;
        verdict = compare(core, &stage.frames, &played)?;
    }
    if arguments.terminal {
        let core = catalog.core(&hardware.board.core)?;
        let measured = Measured::nothing();
        let estimate = Estimate::new(&hardware.board, core, &measured, Macs::of(&model));
        terminal::run(&mut device, &estimate)?;
    }
    if arguments.window {
        window(&mut device)?;
    }
    Ok(verdict)
}

/// Frame by frame, byte by byte.
fn compare(core: Core, desktop: &[Vec<u8>], played: &Played) -> Result<Verdict, Error> {
    for (number, (desktop, core_frame)) in (1..).zip(desktop.iter().zip(&played.frames)) {
        let words = match different_bytes(desktop, core_frame) {
            0 => "identical".to_owned(),
            different => format!("{different} bytes differ"),
        };
        print(&format!(
            "frame {number} on {}: {words}, {} bytes\n",
            core.name(),
            desktop.len()
        ))?;
    }
    Ok(Verdict::of(*desktop == played.frames))
}

fn start(arguments: &Run, labels: &[String]) -> Result<Start, Error> {
    let class = match &arguments.class {
        Some(asked) => class_named(labels, asked)?,
        None => 0,
    };
    // A walk is what a GIF is for, unless a script says what happens.
    let walks = arguments.gif.is_some() && arguments.script.is_none();
    let mode = arguments.mode.map(Mode::from);
    Ok(Start {
        request: arguments.draw.request(class),
        mode: mode.unwrap_or(if walks { Mode::Morph } else { Mode::Browse }),
        lock: arguments.lock.into(),
        dithering: arguments.dither.into(),
    })
}

#[cfg(feature = "window")]
fn window(device: &mut Device<'_>) -> Result<(), Error> {
    crate::run::window::run(device)
}

#[cfg(not(feature = "window"))]
fn window(_: &mut Device<'_>) -> Result<(), Error> {
    Err(Error::WithoutWindow)
}

/// Films and photographs.
#[derive(Default)]
struct Take {
    /// For a GIF.
    recorder: Option<Recorder>,
    written: Vec<PathBuf>,
    /// The frame buffer at each shot.
    frames: Vec<Vec<u8>>,
}

impl Stage for Take {
    fn tick(&mut self, device: &mut Device<'_>) -> Result<(), Error> {
        if let Some(recorder) = &mut self.recorder {
            device.refresh()?;
            recorder.tick(|| device.panel().close_up());
        }
        Ok(())
    }

    fn shot(&mut self, path: Option<&Path>, photo: &Photo, frame: &[u8]) -> Result<(), Error> {
        self.frames.push(frame.to_vec());
        if let Some(path) = path {
            pixling_io::write(path, &photo.to_png()?)?;
            self.written.push(path.to_owned());
        }
        Ok(())
    }
}
