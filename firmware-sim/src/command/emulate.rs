//! `pixling-sim emulate`.

use super::arguments::Emulate;
use super::{Verdict, json, print};
use crate::emulate::{self, Firmware, Flavour, Machine, Outcome};
use crate::{Error, ModelFile, PictureRequest, encode_png, write_atomically};
use pixling::Model;
use std::time::Duration;

pub(crate) fn emulate(arguments: &Emulate) -> Result<Verdict, Error> {
    let file = ModelFile::read(&arguments.model)?;
    let model = file.model()?;
    let classes = arguments.class.numbers(&model)?;
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
        write_atomically(path, &strip(&model, &outcomes)?)?;
    }
    print(&if arguments.json {
        json(&outcomes)
    } else {
        emulate::table(&outcomes)
    })?;
    Ok(if outcomes.iter().all(Outcome::is_good) {
        Verdict::Good
    } else {
        Verdict::Bad
    })
}

/// By how much the core's pictures are magnified in the PNG.
const SCALE: usize = 4;

/// All pictures side by side.
fn strip(model: &Model<'_>, outcomes: &[Outcome]) -> Result<Vec<u8>, Error> {
    let (width, height) = (usize::from(model.width()), usize::from(model.height()));
    let channels = usize::from(model.channels());
    let mut rgb = Vec::with_capacity(width * height * SCALE * SCALE * outcomes.len() * 3);
    for y in 0..height * SCALE {
        for outcome in outcomes {
            for x in 0..width * SCALE {
                let pixel = (y / SCALE * width + x / SCALE) * channels;
                // Grey is three times the same. A picture that came out too short stays black.
                rgb.extend([0, 1, 2].map(|channel| {
                    let index = pixel + channel.min(channels - 1);
                    outcome.pixels.get(index).copied().unwrap_or(0)
                }));
            }
        }
    }
    let columns = (width * SCALE * outcomes.len()) as u32;
    encode_png(columns, (height * SCALE) as u32, rgb)
}
