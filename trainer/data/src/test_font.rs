//! A writer of small TrueType fonts for tests.

/// A rectangle of an outline: left, bottom, right, top in a thousandth of the font's size.
type Rectangle = [i16; 4];

/// A small TrueType font for tests, whose characters are made of rectangles.
///
/// ```
/// use pixling_data::{Format, TestFont, draw_fonts};
///
/// let font = TestFont::new("Bars").with('i', &[[0, 0, 100, 700]]).with('-', &[[0, 300, 400, 400]]);
/// let format = Format { width: 16, height: 16, channels: 1 };
/// let (name, face) = draw_fonts(&font.bytes(), "bars.ttf", &['i', '-'], format)?.remove(0);
/// let face = face?;
/// assert_eq!((&*name, &*face.family), ("bars.ttf", "Bars"));
/// assert_eq!(face.pixels.len(), 2 * 16 * 16);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TestFont {
    family: &'static str,
    /// The characters with the indices of their glyphs; glyph 0 is the box for missing characters.
    characters: Vec<(char, u16)>,
    glyphs: Vec<Vec<Rectangle>>,
}

impl TestFont {
    /// A font with the box for missing characters only.
    pub fn new(family: &'static str) -> Self {
        Self {
            family,
            characters: Vec::new(),
            glyphs: vec![vec![[0, 0, 500, 700]]],
        }
    }

    /// A font with the digits below `count`, at most 10: stems of width `weight`, in thousandths of the
    /// font's size, each with a bar at another height.
    pub fn digits(family: &'static str, weight: i16, count: u8) -> Self {
        (0..count).fold(Self::new(family), |font, digit| {
            let bar = 60 * i16::from(digit);
            let stem = [0, 0, weight, 700];
            font.with(
                char::from(b'0' + digit),
                &[stem, [weight, bar, 400, bar + 80]],
            )
        })
    }

    /// Adds a character of rectangles: left, bottom, right, top in thousandths of the font's size.
    pub fn with(mut self, character: char, rectangles: &[[i16; 4]]) -> Self {
        self.characters.push((character, self.glyphs.len() as u16));
        self.glyphs.push(rectangles.to_vec());
        self
    }

    /// The bytes of the font file.
    pub fn bytes(&self) -> Vec<u8> {
        let (mut glyf, mut loca) = (Vec::new(), vec![0u32]);
        for rectangles in &self.glyphs {
            glyf.extend(glyph(rectangles));
            loca.push(glyf.len() as u32);
        }
        let count = self.glyphs.len() as u16;
        let mut head = [0u8; 54];
        head[..4].copy_from_slice(&[0, 1, 0, 0]);
        head[18..20].copy_from_slice(&1000u16.to_be_bytes());
        // Glyph offsets have 32 bits.
        head[51] = 1;
        let mut hhea = [0u8; 36];
        hhea[..4].copy_from_slice(&[0, 1, 0, 0]);
        hhea[34..].copy_from_slice(&count.to_be_bytes());
        let maxp = [&[0, 0, 0x50, 0][..], &count.to_be_bytes()].concat();
        let hmtx = [500u16.to_be_bytes(), [0; 2]].concat().repeat(count.into());
        let loca = loca.iter().flat_map(|at| at.to_be_bytes()).collect();
        file(&[
            (b"cmap", self.cmap()),
            (b"glyf", glyf),
            (b"head", head.into()),
            (b"hhea", hhea.into()),
            (b"hmtx", hmtx),
            (b"loca", loca),
            (b"maxp", maxp),
            (b"name", self.name()),
        ])
    }

    /// A character map of format 12, with a group for each character.
    fn cmap(&self) -> Vec<u8> {
        let mut characters = self.characters.clone();
        characters.sort_unstable();
        let groups = characters.len() as u32;
        let mut bytes = words(&[0, 1, 3, 10, 0, 12, 12, 0]);
        for value in [16 + 12 * groups, 0, groups] {
            bytes.extend(value.to_be_bytes());
        }
        for (character, glyph) in characters {
            for value in [character.into(), character.into(), u32::from(glyph)] {
                bytes.extend(value.to_be_bytes());
            }
        }
        bytes
    }

    fn name(&self) -> Vec<u8> {
        let text: Vec<u16> = self.family.encode_utf16().collect();
        let length = 2 * text.len() as u16;
        [words(&[0, 1, 18, 3, 1, 0x409, 1, length, 0]), words(&text)].concat()
    }
}

fn words(values: &[u16]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect()
}

/// A glyph of rectangles; without any it is empty, like a space.
fn glyph(rectangles: &[Rectangle]) -> Vec<u8> {
    if rectangles.is_empty() {
        return Vec::new();
    }
    let count = rectangles.len() as u16;
    let mut bytes = words(&[count, 0, 0, 1000, 1000]);
    bytes.extend(words(&(1..=count).map(|n| 4 * n - 1).collect::<Vec<_>>()));
    bytes.extend([0, 0]);
    // All points are on the outline, and their steps have 16 bits.
    bytes.extend(vec![1; 4 * rectangles.len()]);
    for axis in [[0, 0, 2, 2], [1, 3, 3, 1]] {
        let mut at = 0;
        for rectangle in rectangles {
            for corner in axis {
                bytes.extend((rectangle[corner] - at).to_be_bytes());
                at = rectangle[corner];
            }
        }
    }
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A font file of tables, with checksums of 0, as readers do not verify them.
fn file(tables: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![0, 1, 0, 0];
    bytes.extend(words(&[tables.len() as u16, 128, 3, 0]));
    let mut at = bytes.len() + 16 * tables.len();
    for (tag, table) in tables {
        bytes.extend(*tag);
        for value in [0, at as u32, table.len() as u32] {
            bytes.extend(value.to_be_bytes());
        }
        at += table.len().next_multiple_of(4);
    }
    for (_, table) in tables {
        bytes.extend(table);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}
