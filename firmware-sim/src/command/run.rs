//! `pixling-sim run`.

use super::arguments::Run;
use super::{Verdict, print};
use crate::board::{Catalog, Estimate, Measured};
use crate::run::{Device, Hardware, Photo, Recorder, Script, Stage, play, terminal};
use crate::{Classes, Error, ModelFile, write_atomically};
use pixling::Model;
use pixling_app::{Mode, Pick, Settings, TICKS_PER_SECOND};
use std::path::{Path, PathBuf};

pub(crate) fn run(arguments: &Run) -> Result<Verdict, Error> {
    let file = ModelFile::read(&arguments.model)?;
    let model = file.model()?;
    let catalog = Catalog::with_file(arguments.boards.as_deref())?;
    let mut hardware = Hardware::new(&catalog, &arguments.board, arguments.display.as_deref())?;
    hardware.rotation = arguments.rotate.into();
    let settings = settings(arguments, &model, &hardware)?;
    let script = match &arguments.script {
        Some(text) => Script::parse(text, &hardware.board)?,
        None if arguments.gif.is_some() => Script::wait(arguments.seconds * TICKS_PER_SECOND),
        None => Script::default(),
    };
    let mut device = Device::new(model.clone(), hardware.clone(), settings, &catalog)?;
    let mut stage = Take::new(arguments.gif.is_some());
    play(&script, &mut device, &mut stage)?;
    let mut written = stage.written;
    if let Some(path) = &arguments.gif {
        write_atomically(path, &stage.recorder.to_gif()?)?;
        written.push(path.clone());
    }
    if let Some(path) = &arguments.png {
        write_atomically(path, &device.shoot()?.to_png()?)?;
        written.push(path.clone());
    }
    for path in &written {
        print(&format!("{}\n", path.display()))?;
    }
    if arguments.terminal {
        let core = catalog.core(&hardware.board.core)?;
        let measured = Measured::nothing();
        let estimate = Estimate::new(&hardware.board, core, &measured, model.macs());
        terminal::run(&mut device, &estimate)?;
    }
    if arguments.window {
        window(&mut device)?;
    }
    Ok(Verdict::Good)
}

fn settings(arguments: &Run, model: &Model<'_>, hardware: &Hardware) -> Result<Settings, Error> {
    let classes = Classes::One(arguments.class.clone()).numbers(model)?;
    let request = arguments
        .draw
        .request(classes.first().copied().unwrap_or(0));
    let wanted = request.to_request();
    // A walk is what a GIF is for, unless a script says what happens.
    let walks = arguments.gif.is_some() && arguments.script.is_none();
    let mode = arguments.mode.map(Mode::from);
    Ok(Settings {
        pick: Pick {
            class: request.class,
            seed: request.seed,
            style: request.style,
        },
        z_s_temperature: wanted.z_s_temperature,
        z_u_temperature: wanted.z_u_temperature,
        mode: mode.unwrap_or(if walks { Mode::Morph } else { Mode::Browse }),
        lock: arguments.lock.into(),
        theme: hardware.display.theme(),
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
struct Take {
    films: bool,
    recorder: Recorder,
    written: Vec<PathBuf>,
}

impl Take {
    fn new(films: bool) -> Take {
        Take {
            films,
            recorder: Recorder::new(),
            written: Vec::new(),
        }
    }
}

impl Stage for Take {
    fn tick(&mut self, device: &mut Device<'_>) -> Result<(), Error> {
        if self.films {
            device.refresh()?;
            self.recorder.tick(|| device.panel().close_up());
        }
        Ok(())
    }

    fn shot(&mut self, path: &Path, photo: &Photo, _: &[u8]) -> Result<(), Error> {
        write_atomically(path, &photo.to_png()?)?;
        self.written.push(path.to_owned());
        Ok(())
    }
}
