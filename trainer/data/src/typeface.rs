//! The characters of one font, drawn into pictures.

use std::io;

use skrifa::{
    FontRef, GlyphId, MetadataProvider,
    instance::{LocationRef, Size},
    outline::{DrawSettings, OutlineGlyphCollection, OutlinePen},
    raw::TableProvider,
    string::StringId,
};
use zeno::{Bounds, Command, Mask, PathBuilder, Transform};

use crate::Format;

/// Margin on each side of a character, as a share of the picture's shorter side.
const MARGIN: f32 = 0.065;

/// The least sum of a picture's values, in white pixels, of a character that counts as drawn.
const LEAST_INK: u32 = 1;

/// Reason why a font was not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FontError {
    /// The operating system could not read the file. Not a `source`, as the message has it already.
    #[error("cannot read: {0}")]
    Read(io::Error),
    /// The file is larger than the limit.
    #[error("{mebibytes} MiB: at most {limit} are read")]
    TooLarge {
        /// Size of the file in MiB.
        mebibytes: u64,
        /// Limit in MiB.
        limit: u64,
    },
    /// The file is not TrueType, OpenType or a collection.
    #[error("not a font: {problem}")]
    NotAFont {
        /// Message of the parser.
        problem: String,
    },
    /// A table that every font needs can't be read.
    #[error("damaged: {problem}")]
    Damaged {
        /// Message of the parser.
        problem: String,
    },
    /// The character map belongs to a symbol font.
    #[error("has symbols in the places of characters")]
    Symbols,
    /// The font lacks a character.
    #[error("has no `{0}`")]
    Missing(char),
    /// The glyph of a character is empty, or too small to leave a pixel.
    #[error("draws nothing for `{0}`")]
    Blank(char),
    /// Two characters have the same picture, as in fonts that draw boxes.
    #[error("draws the same for `{0}` and `{1}`")]
    Same(char, char),
    /// The glyphs have no finite size above 0.
    #[error("its outlines have no usable size")]
    NoSize,
}

/// The pictures of a font that has all characters.
#[derive(Debug)]
pub struct Typeface {
    /// Name of the family, which its weights and slants share.
    pub family: String,
    /// A grey picture of each character in turn, white on black, rows from the top.
    pub pixels: Vec<u8>,
}

/// Draws the characters of a font. The error is the reason why the font is skipped.
///
/// All characters of a font have one scale, which keeps its style: weight, width, and the relative
/// sizes of its characters. The scale is the largest at which the tallest and the widest fit.
pub(crate) fn draw(
    font: &FontRef<'_>,
    characters: &[char],
    format: Format,
) -> Result<Typeface, FontError> {
    let whole = font.head().map(drop).and_then(|()| font.maxp().map(drop));
    whole.map_err(|error| FontError::Damaged {
        problem: error.to_string(),
    })?;
    let charmap = font.charmap();
    if charmap.is_symbol() {
        return Err(FontError::Symbols);
    }
    let glyphs = font.outline_glyphs();
    let outline = |&character: &char| {
        let glyph = charmap.map(character).filter(|glyph| glyph.to_u32() != 0);
        let glyph = glyph.ok_or(FontError::Missing(character))?;
        Outline::read(&glyphs, glyph).ok_or(FontError::Blank(character))
    };
    let outlines: Vec<Outline> = characters
        .iter()
        .map(outline)
        .collect::<Result<_, FontError>>()?;
    let pictures = place(&outlines, format)?;

    let mut pixels = Vec::with_capacity(characters.len() * format.width * format.height);
    for (position, picture) in pictures.iter().enumerate() {
        let character = characters[position];
        let ink: u32 = picture.iter().map(|&value| u32::from(value)).sum();
        if ink < 255 * LEAST_INK {
            return Err(FontError::Blank(character));
        }
        if let Some(same) = pictures[..position]
            .iter()
            .position(|other| other == picture)
        {
            return Err(FontError::Same(characters[same], character));
        }
        pixels.extend_from_slice(picture);
    }
    Ok(Typeface {
        family: family(font).unwrap_or_default(),
        pixels,
    })
}

/// The name that the weights and slants of a typeface share, where the font has one.
fn family(font: &FontRef<'_>) -> Option<String> {
    let ids = [StringId::TYPOGRAPHIC_FAMILY_NAME, StringId::FAMILY_NAME];
    let mut names = ids.into_iter().filter_map(|id| {
        let name = font.localized_strings(id).english_or_first()?;
        Some(name.to_string().trim().to_owned())
    });
    names.find(|name| !name.is_empty())
}

/// Outline of a glyph in units of the font, y upwards.
struct Outline {
    path: Vec<Command>,
    bounds: Bounds,
}

impl Outline {
    /// Reads a glyph's outline; `None` when there is nothing to draw.
    fn read(glyphs: &OutlineGlyphCollection<'_>, glyph: GlyphId) -> Option<Self> {
        let mut pen = Pen(Vec::new());
        let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
        glyphs.get(glyph)?.draw(settings, &mut pen).ok()?;
        let path = pen.0;
        let bounds = zeno::bounds(&path, zeno::Fill::NonZero, None);
        let sizes = [bounds.width(), bounds.height()];
        let sized = sizes.iter().all(|size| size.is_finite() && *size > 0.0);
        (sized && !path.is_empty()).then_some(Self { path, bounds })
    }
}

/// Collects an outline as commands of the rasterizer.
struct Pen(Vec<Command>);

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        PathBuilder::move_to(&mut self.0, [x, y]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        PathBuilder::line_to(&mut self.0, [x, y]);
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        PathBuilder::quad_to(&mut self.0, [cx0, cy0], [x, y]);
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        PathBuilder::curve_to(&mut self.0, [cx0, cy0], [cx1, cy1], [x, y]);
    }

    fn close(&mut self) {
        PathBuilder::close(&mut self.0);
    }
}

/// Draws outlines of one font with one scale, each in the middle.
fn place(outlines: &[Outline], format: Format) -> Result<Vec<Vec<u8>>, FontError> {
    let largest = |sizes: &mut dyn Iterator<Item = f32>| sizes.fold(0.0, f32::max);
    let widest = largest(&mut outlines.iter().map(|outline| outline.bounds.width()));
    let tallest = largest(&mut outlines.iter().map(|outline| outline.bounds.height()));

    let (width, height) = (format.width as f32, format.height as f32);
    let margin = (MARGIN * width.min(height)).round();
    let scale = ((width - 2.0 * margin) / widest).min((height - 2.0 * margin) / tallest);
    if !scale.is_finite() || scale <= 0.0 {
        return Err(FontError::NoSize);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TestFont;

    const FORMAT: Format = Format {
        width: 16,
        height: 16,
        channels: 1,
    };

    fn draw_font(font: &TestFont, characters: &str) -> Result<Typeface, String> {
        let characters: Vec<char> = characters.chars().collect();
        let bytes = font.bytes();
        draw(&FontRef::new(&bytes).unwrap(), &characters, FORMAT).map_err(|error| error.to_string())
    }

    /// The columns and rows of a picture that have ink: first and last of each.
    fn extent(picture: &[u8]) -> [usize; 4] {
        let inked = |index: &usize| picture[*index] > 0;
        let columns = (0..256).filter(inked).map(|index| index % 16);
        let rows = (0..256).filter(inked).map(|index| index / 16);
        [
            columns.clone().min().unwrap(),
            columns.max().unwrap(),
            rows.clone().min().unwrap(),
            rows.max().unwrap(),
        ]
    }

    #[test]
    fn characters_are_centred_and_share_a_scale() {
        let font = TestFont::new("Test")
            .with('a', &[[0, 0, 300, 700]])
            .with('b', &[[50, 0, 150, 350]]);
        let face = draw_font(&font, "ab").unwrap();
        assert_eq!(face.family, "Test");
        // 14 rows for 700 units, a margin of one row on each side.
        assert_eq!(extent(&face.pixels[..256]), [5, 10, 1, 14]);
        assert_eq!(extent(&face.pixels[256..]), [7, 8, 4, 11]);
        assert_eq!(face.pixels[7 * 16 + 7], 255);
    }

    #[test]
    fn edges_are_smooth() {
        let font = TestFont::new("Test")
            .with('a', &[[0, 0, 350, 700]])
            .with('b', &[[0, 0, 325, 700]]);
        let face = draw_font(&font, "ab").unwrap();
        // 7 pixels, from 4.5 to 11.5; and 6.5, from 4.75 to 11.25.
        let left = |class: usize| face.pixels[class * 256 + 8 * 16 + 4];
        assert!(left(0).abs_diff(128) <= 2, "{}", left(0));
        assert!(left(1).abs_diff(64) <= 2, "{}", left(1));
    }

    #[test]
    fn a_wide_character_sets_the_scale() {
        let font = TestFont::new("Test")
            .with('a', &[[0, 0, 1400, 100]])
            .with('b', &[[0, 0, 200, 700]]);
        let face = draw_font(&font, "ab").unwrap();
        assert_eq!(extent(&face.pixels[..256])[..2], [1, 14]);
        assert_eq!(extent(&face.pixels[256..])[2..], [4, 11]);
    }

    #[test]
    fn weight_survives() {
        let ink = |weight| -> u32 {
            let face = draw_font(&TestFont::digits("Test", weight, 3), "012").unwrap();
            face.pixels.iter().map(|&value| u32::from(value)).sum()
        };
        assert!(ink(60) < ink(120) && ink(120) < ink(240));
    }

    #[test]
    fn fonts_without_the_characters_tell_which() {
        let font = TestFont::digits("Test", 90, 3);
        assert_eq!(draw_font(&font, "0123").unwrap_err(), "has no `3`");
        assert_eq!(draw_font(&font, "A0").unwrap_err(), "has no `A`");
        let empty = TestFont::new("Test");
        assert_eq!(draw_font(&empty, "01").unwrap_err(), "has no `0`");
    }

    #[test]
    fn characters_without_ink_are_told() {
        for nothing in [&[][..], &[[0, 0, 0, 700]]] {
            let font = TestFont::digits("Test", 90, 2).with('2', nothing);
            let reason = draw_font(&font, "012").unwrap_err();
            assert_eq!(reason, "draws nothing for `2`");
        }
        // So small beside the others that not a pixel is left.
        let font = TestFont::digits("Test", 90, 2).with('2', &[[0, 0, 5, 5]]);
        let reason = draw_font(&font, "012").unwrap_err();
        assert_eq!(reason, "draws nothing for `2`");
    }

    #[test]
    fn boxes_are_told() {
        let shape = [[0, 0, 400, 700]];
        let moved = [[90, 0, 490, 700]];
        let font = TestFont::new("Test").with('0', &shape).with('1', &moved);
        let reason = draw_font(&font, "01").unwrap_err();
        assert_eq!(reason, "draws the same for `0` and `1`");
    }

    #[test]
    fn no_damage_makes_it_panic() {
        let whole = TestFont::digits("Test", 90, 2).bytes();
        let draw_bytes = |bytes: &[u8]| {
            if let Ok(font) = FontRef::new(bytes) {
                let _ = draw(&font, &['0', '1'], FORMAT);
            }
        };
        for at in 0..whole.len() {
            draw_bytes(&whole[..at]);
            for value in [0, 1, 0x7f, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                draw_bytes(&damaged);
            }
        }
    }
}
