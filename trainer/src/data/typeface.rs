//! The characters of one font, drawn into pictures.

use ttf_parser::{Face, OutlineBuilder, name_id};
use zeno::{Bounds, Command, Mask, PathBuilder, Transform};

use super::Format;

/// The part of a picture's side that stays free on each side of a character.
const MARGIN: f32 = 0.065;

/// The least sum of a picture's values, in white pixels, that counts as drawn.
const LEAST_INK: u32 = 1;

/// A font that has all characters.
#[derive(Debug)]
pub(super) struct Typeface {
    /// The family's name: its weights and slants share it.
    pub(super) family: String,
    /// A grey picture of each character, one after the other.
    pub(super) pixels: Vec<u8>,
}

/// Draws the characters of the font with that index in a file. The error is the reason for which the
/// font is skipped.
///
/// All characters of a font have one scale, so that what makes its style stays: weight, width, and
/// how its characters differ in size. The scale is the largest with which the tallest and the widest
/// fit.
pub(super) fn draw(
    file: &[u8],
    index: u32,
    characters: &[char],
    format: Format,
) -> Result<Typeface, String> {
    let face = Face::parse(file, index).map_err(|error| format!("not a font: {error}"))?;
    let outlines = characters
        .iter()
        .map(|&character| outline(&face, character))
        .collect::<Result<Vec<Outline>, String>>()?;
    let pictures = place(&outlines, format)?;

    let mut pixels = Vec::with_capacity(characters.len() * format.width * format.height);
    for (position, picture) in pictures.iter().enumerate() {
        let character = characters[position];
        let ink: u32 = picture.iter().map(|&value| u32::from(value)).sum();
        if ink < 255 * LEAST_INK {
            return Err(format!("draws nothing for `{character}`"));
        }
        if let Some(same) = pictures[..position]
            .iter()
            .position(|other| other == picture)
        {
            return Err(format!(
                "draws the same for `{}` and `{character}`",
                characters[same]
            ));
        }
        pixels.extend_from_slice(picture);
    }
    Ok(Typeface {
        family: family(&face).unwrap_or_default(),
        pixels,
    })
}

/// The name that the weights and slants of a typeface share, where the font tells one.
fn family(face: &Face<'_>) -> Option<String> {
    let named = |id| {
        let mut names = face.names().into_iter().filter(|name| name.name_id == id);
        names.find_map(|name| name.to_string())
    };
    let name = named(name_id::TYPOGRAPHIC_FAMILY).or_else(|| named(name_id::FAMILY))?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// A character's shape in units of the font, y upwards.
struct Outline {
    path: Vec<Command>,
    bounds: Bounds,
}

fn outline(face: &Face<'_>, character: char) -> Result<Outline, String> {
    let glyph = face.glyph_index(character).filter(|glyph| glyph.0 != 0);
    let glyph = glyph.ok_or_else(|| format!("has no `{character}`"))?;
    let mut pen = Pen(Vec::new());
    let nothing = || format!("draws nothing for `{character}`");
    face.outline_glyph(glyph, &mut pen).ok_or_else(nothing)?;
    let bounds = zeno::bounds(&pen.0, zeno::Fill::NonZero, None);
    let sizes = [bounds.width(), bounds.height()];
    if pen.0.is_empty() || !sizes.iter().all(|size| size.is_finite() && *size > 0.0) {
        return Err(nothing());
    }
    Ok(Outline {
        path: pen.0,
        bounds,
    })
}

/// Collects an outline as commands of the rasterizer.
struct Pen(Vec<Command>);

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        PathBuilder::move_to(&mut self.0, [x, y]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        PathBuilder::line_to(&mut self.0, [x, y]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        PathBuilder::quad_to(&mut self.0, [x1, y1], [x, y]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        PathBuilder::curve_to(&mut self.0, [x1, y1], [x2, y2], [x, y]);
    }

    fn close(&mut self) {
        PathBuilder::close(&mut self.0);
    }
}

/// Draws outlines of one font with one scale, each in the middle.
fn place(outlines: &[Outline], format: Format) -> Result<Vec<Vec<u8>>, String> {
    let largest = |sizes: &mut dyn Iterator<Item = f32>| sizes.fold(0.0, f32::max);
    let widest = largest(&mut outlines.iter().map(|outline| outline.bounds.width()));
    let tallest = largest(&mut outlines.iter().map(|outline| outline.bounds.height()));

    let (width, height) = (format.width as f32, format.height as f32);
    let margin = (MARGIN * width.min(height)).round();
    let scale = ((width - 2.0 * margin) / widest).min((height - 2.0 * margin) / tallest);
    if !scale.is_finite() || scale <= 0.0 {
        return Err("its outlines have no usable size".into());
    }
    let pictures = outlines.iter().map(|outline| {
        let Bounds { min, max } = outline.bounds;
        let x = 0.5 * (width - scale * (min.x + max.x));
        let y = 0.5 * (height + scale * (min.y + max.y));
        let mut pixels = vec![0; format.width * format.height];
        Mask::new(&outline.path)
            .size(format.width as u32, format.height as u32)
            .transform(Some(Transform::new(scale, 0.0, 0.0, -scale, x, y)))
            .render_into(&mut pixels, None);
        pixels
    });
    Ok(pictures.collect())
}
