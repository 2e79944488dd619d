//! Networks for tests, whose pictures tell their latents: a picture has two pixels, `z_s` and `z_u`.

use super::{Generator, Networks};
use crate::data::{Dataset, Format, Split};
use crate::grid::Grid;
use crate::model::{ClassSource, Codes};
use anyhow::Result;
use pixling::Request;

/// The left pixel is `z_s`. The right one is `z_u`, but comes back halfway to the left one.
pub(super) struct PlainNetworks {
    pub(super) class_source: ClassSource,
}

impl Generator for PlainNetworks {
    fn format(&self) -> Format {
        Format {
            width: 2,
            height: 1,
            channels: 1,
        }
    }

    fn labels(&self) -> Vec<String> {
        vec!["a".into(), "b".into()]
    }

    fn draw(&self, requests: &[Request]) -> Result<Vec<u8>> {
        Ok(self.decode(&self.latents(requests)))
    }
}

impl Networks for PlainNetworks {
    fn dimensions(&self) -> (usize, usize) {
        (1, 1)
    }

    fn class_source(&self) -> ClassSource {
        self.class_source
    }

    fn latents(&self, requests: &[Request]) -> Vec<f32> {
        let latent = |request: &Request| [f32::from(request.class), request.seed as f32];
        requests.iter().flat_map(latent).collect()
    }

    fn decode(&self, latents: &[f32]) -> Vec<u8> {
        let picture = |latent: &[f32]| [latent[0] as u8, ((latent[0] + latent[1]) / 2.0) as u8];
        latents.chunks_exact(2).flat_map(picture).collect()
    }

    fn encode(&self, pictures: &[u8], _: &[u16]) -> Result<Codes> {
        let pixels = |which: usize| -> Vec<f32> {
            let pixels = pictures.iter().skip(which).step_by(2);
            pixels.map(|&pixel| f32::from(pixel)).collect()
        };
        Ok(Codes {
            z_s: pixels(0),
            mean: pixels(1),
            log_variance: vec![0.0; pictures.len() / 2],
            ..Codes::default()
        })
    }
}

/// Test pictures of two pixels, of classes in turn.
pub(super) fn data(pictures: &[[u8; 2]]) -> Dataset {
    let split = |pictures: &[[u8; 2]]| Split {
        pixels: pictures.concat(),
        classes: (0..pictures.len()).map(|i| (i % 2) as u16).collect(),
        factors: vec![],
    };
    Dataset {
        name: "plain".into(),
        licence: "unknown".into(),
        width: 2,
        height: 1,
        channels: 1,
        labels: vec!["a".into(), "b".into()],
        train: split(&[]),
        test: split(pictures),
        factor_names: vec![],
        skipped: vec![],
    }
}

/// The pictures of a sheet, row by row; an empty place is paper.
pub(super) fn pictures(sheet: &Grid) -> Vec<Vec<[u8; 2]>> {
    let image = sheet.render(1).unwrap();
    let (columns, rows) = ((image.width() - 1) / 3, (image.height() - 1) / 2);
    let picture =
        |row, column| [0, 1].map(|pixel| image.get_pixel(column * 3 + 1 + pixel, row * 2 + 1).0[0]);
    (0..rows)
        .map(|row| (0..columns).map(|column| picture(row, column)).collect())
        .collect()
}
