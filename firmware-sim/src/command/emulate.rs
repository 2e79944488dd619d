//! `pixling-sim emulate`.

use super::arguments::Emulate;
use super::{Verdict, json, print};
use crate::emulate::{self, Firmware, Flavour, Machine, Outcome};
use crate::run::Photo;
use crate::{Error, ModelFile, PictureRequest};
use embedded_graphics::prelude::{Point, Size};
use pixling::Model;
use pixling_io::{check_outputs, classes_named};
use std::path::PathBuf;
use std::time::Duration;

pub(crate) fn emulate(arguments: &Emulate) -> Result<Verdict, Error> {
    let file = ModelFile::read(&arguments.model)?;
    let model = file.model()?;
    let classes = classes_named(&file.labels()?, arguments.class.as_deref())?;
    let inputs = [Some(&arguments.model), arguments.firmware.as_ref()];
    let inputs = inputs.into_iter().flatten().map(PathBuf::as_path);
    check_outputs(arguments.png.as_deref(), inputs)?;
    let requests: Vec<PictureRequest> = classes
        .iter()
        .map(|&class| arguments.draw.request(class))
        .collect();
    let cores = &arguments.core.0;
    let mut outcomes = Vec::new();
    for &core in cores {
        let elf = match &arguments.firmware {
            Some(elf) => elf.clone(),
            None => emulate::build(core, Flavour::Runtime)?,
        };
        let firmware = Firmware::read(&elf)?;
        let machine = Machine {
            core,
            qemu: arguments.qemu.clone(),
            timeout: Duration::from_secs(arguments.timeout),
        };
        match emulate::emulate(&file, &requests, &firmware, &machine) {
            Ok(drawn) => outcomes.extend(drawn),
            // Among all cores are some that are too small for some models.
            Err(error @ (Error::ArenaTooSmall { .. } | Error::PartitionTooSmall { .. }))
                if cores.len() > 1 =>
            {
                eprintln!("{}: {error}", core.name());
            }
            Err(error) => return Err(error),
        }
    }
    if let Some(path) = &arguments.png {
        pixling_io::write(path, &strip(&model, &outcomes).to_png()?)?;
    }
    print(&if arguments.json {
        json(&outcomes)
    } else {
        emulate::table(&outcomes)
    })?;
    Ok(Verdict::of(outcomes.iter().all(Outcome::is_good)))
}

/// By how much the core's pictures are magnified in the PNG.
const SCALE: u32 = 4;

/// All pictures side by side.
fn strip(model: &Model<'_>, outcomes: &[Outcome]) -> Photo {
    let width = i32::from(model.width());
    let pictures: Vec<Photo> = outcomes
        .iter()
        .map(|outcome| Photo::of_model(model, &outcome.pixels))
        .collect();
    let size = Size::new(width as u32 * outcomes.len() as u32, model.height().into());
    let strip = Photo::new(size, |Point { x, y }| {
        pictures[(x / width) as usize].pixel(Point::new(x % width, y))
    });
    strip.enlarged(SCALE, 0, [0; 3])
}
