//! Recorded pictures against the pictures of now.

use super::golden::{Golden, Sample, checksum};
use crate::difference::different_bytes;
use crate::emulate::{self, Core, Firmware, Flavour, Machine};
use crate::model_file::draw;
use crate::{Error, ModelFile, PictureRequest};
use serde::Serialize;

/// Where pictures are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On this machine.
    Desktop,
    /// In the firmware on an emulated core.
    Core(Core),
}

impl Place {
    /// As in reports.
    pub fn name(self) -> &'static str {
        match self {
            Place::Desktop => "desktop",
            Place::Core(core) => core.name(),
        }
    }
}

/// One picture in one place.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Where it was drawn.
    pub place: &'static str,
    /// The picture's name.
    pub name: String,
    /// The class.
    pub class: u16,
    /// The seed.
    pub seed: u64,
    /// Percent.
    pub temperature: u16,
    /// The recorded checksum.
    pub expected: String,
    /// The checksum of now.
    pub found: String,
    /// Whether nothing changed.
    pub same: bool,
    /// How many bytes changed; all, where the picture has another size.
    pub different_bytes: usize,
    /// The picture of now.
    #[serde(skip)]
    pub pixels: Vec<u8>,
}

/// Draws all samples in a place.
///
/// # Errors
///
/// When nothing can be drawn there. A picture that changed is no error but a [`Finding`].
pub fn compare(file: &ModelFile, golden: &Golden, place: Place) -> Result<Vec<Finding>, Error> {
    let model = file.model()?;
    let requests: Vec<PictureRequest> = golden.samples.iter().map(Sample::request).collect();
    let pictures: Vec<Vec<u8>> = match place {
        Place::Desktop => {
            let draw = |request: &PictureRequest| draw(&model, &request.to_request());
            requests.iter().map(draw).collect::<Result<_, _>>()?
        }
        Place::Core(core) => {
            let firmware = Firmware::read(&emulate::build(core, Flavour::Runtime)?)?;
            let outcomes = emulate::emulate(file, &requests, &firmware, &Machine::new(core))?;
            outcomes.into_iter().map(|outcome| outcome.pixels).collect()
        }
    };
    let channels = usize::from(model.channels());
    let samples = golden.samples.iter().zip(pictures);
    Ok(samples
        .map(|(sample, pixels)| finding(sample, pixels, channels, place))
        .collect())
}

fn finding(sample: &Sample, pixels: Vec<u8>, channels: usize, place: Place) -> Finding {
    let found = checksum(&pixels);
    let before = sample
        .pixels()
        .map(image::RgbImage::into_raw)
        .unwrap_or_default();
    // Grey is recorded three times.
    let step = if channels == 1 { 3 } else { 1 };
    let before: Vec<u8> = before.into_iter().step_by(step).collect();
    let different_bytes = if before.len() == pixels.len() {
        different_bytes(&before, &pixels)
    } else {
        pixels.len()
    };
    Finding {
        place: place.name(),
        name: sample.name(),
        class: sample.class,
        seed: sample.seed,
        temperature: sample.temperature,
        expected: sample.checksum.clone(),
        found: format!("{found:08x}"),
        same: sample.checksum_value() == Some(found),
        different_bytes,
        pixels,
    }
}
