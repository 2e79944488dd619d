//! Ten digits and 26 capitals as the lines that a pen follows.
//!
//! A character is designed upright in a box of height 100 around the origin, x to the right and y
//! down. Its strokes are polylines. A corner written `at` stays a corner; one written `bend` is
//! replaced by a curve, the more of it the higher the roundness. A `bend` shares the line to a
//! neighbouring `bend` half and half, and has the line to an `at` for itself: an `at` on a
//! straight line therefore says where its curve begins.

/// A corner or an end of a stroke.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vertex {
    pub(crate) x: i8,
    pub(crate) y: i8,
    /// True for a corner that is rounded off.
    pub(crate) bends: bool,
}

impl Vertex {
    const fn at(x: i8, y: i8) -> Self {
        Self { x, y, bends: false }
    }

    const fn bend(x: i8, y: i8) -> Self {
        Self { x, y, bends: true }
    }
}

/// A line drawn without lifting the pen.
#[derive(Debug)]
pub(crate) struct Stroke {
    /// True when the last vertex is joined to the first.
    pub(crate) closed: bool,
    pub(crate) vertices: &'static [Vertex],
}

/// A form of a character, as strokes.
pub(crate) type Shape = &'static [Stroke];

/// A character with its forms, all equally likely.
#[derive(Debug)]
pub(crate) struct Character {
    pub(crate) label: &'static str,
    pub(crate) shapes: &'static [Shape],
}

macro_rules! open {
    ($($kind:ident($x:literal, $y:literal))*) => {
        Stroke { closed: false, vertices: &[$(Vertex::$kind($x, $y)),*] }
    };
}

macro_rules! closed {
    ($($kind:ident($x:literal, $y:literal))*) => {
        Stroke { closed: true, vertices: &[$(Vertex::$kind($x, $y)),*] }
    };
}

macro_rules! character {
    ($label:literal: $([$($stroke:expr),*])|*) => {
        Character { label: $label, shapes: &[$(&[$($stroke),*]),*] }
    };
}

/// The zero of an alphabet that also has an O.
pub(crate) const SLASHED_ZERO: Character = character! { "0":
    [
        closed! { bend(-27, -50) bend(27, -50) bend(27, 50) bend(-27, 50) },
        open! { at(9, -19) at(-9, 19) }
    ]
};

/// The digits from 0 to 9.
pub(crate) const DIGITS: [Character; 10] = [
    character! { "0":
        [closed! { bend(-28, -50) bend(28, -50) bend(28, 50) bend(-28, 50) }]
    },
    character! { "1":
        [open! { at(-20, -30) at(4, -50) at(4, 50) }]
        | [open! { at(-20, -30) at(2, -50) at(2, 50) }, open! { at(-22, 50) at(26, 50) }]
    },
    character! { "2":
        [open! { at(-27, -24) bend(-25, -50) bend(27, -50) bend(27, -8) at(-28, 50) at(29, 50) }]
    },
    character! { "3":
        [open! {
            at(-26, -33) bend(-21, -50) bend(25, -50) bend(25, -4) at(-8, -4)
            bend(29, -4) bend(29, 50) bend(-24, 50) at(-29, 31)
        }]
        | [open! {
            at(-25, -50) at(25, -50) at(-4, -10) bend(29, -13) bend(29, 50) bend(-24, 50)
            at(-29, 32)
        }]
    },
    character! { "4":
        [open! { at(13, 50) at(13, -50) at(-31, 20) at(31, 20) }]
        | [open! { at(-19, -50) at(-27, 10) at(30, 10) }, open! { at(12, -34) at(12, 50) }]
    },
    character! { "5":
        [open! {
            at(25, -50) at(-21, -50) at(-25, -7) bend(-12, -16) bend(28, -16) bend(28, 50)
            bend(-23, 50) at(-29, 32)
        }]
    },
    character! { "6":
        [
            closed! { bend(-27, -4) bend(27, -4) bend(27, 50) bend(-27, 50) },
            open! { at(17, -50) bend(-27, -30) at(-27, 23) }
        ]
        | [
            closed! { bend(-27, -6) bend(27, -6) bend(27, 50) bend(-27, 50) },
            open! { at(25, -33) bend(21, -50) bend(-27, -50) at(-27, 22) }
        ]
    },
    character! { "7":
        [open! { at(-28, -50) at(28, -50) at(-9, 50) }]
        | [open! { at(-28, -50) at(28, -50) bend(-3, -2) at(-7, 50) }]
        | [open! { at(-28, -50) at(28, -50) at(-9, 50) }, open! { at(-12, 3) at(24, 3) }]
    },
    character! { "8":
        [
            closed! { bend(-24, -50) bend(24, -50) bend(24, -4) bend(-24, -4) },
            closed! { bend(-29, -4) bend(29, -4) bend(29, 50) bend(-29, 50) }
        ]
        | [closed! {
            bend(-25, -50) bend(25, -50) bend(25, -19) bend(-29, 11) bend(-29, 50) bend(29, 50)
            bend(29, 11) bend(-25, -19)
        }]
    },
    character! { "9":
        [
            closed! { bend(-27, -50) bend(27, -50) bend(27, 4) bend(-27, 4) },
            open! { at(-17, 50) bend(27, 30) at(27, -23) }
        ]
        | [
            closed! { bend(-27, -50) bend(27, -50) bend(27, 6) bend(-27, 6) },
            open! { at(-25, 33) bend(-21, 50) bend(27, 50) at(27, -22) }
        ]
    },
];

/// The capitals from A to Z.
pub(crate) const CAPITALS: [Character; 26] = [
    character! { "A":
        [open! { at(-33, 50) at(0, -50) at(33, 50) }, open! { at(-21, 15) at(21, 15) }]
    },
    // The bars of B and D reach past the stem, which sets them apart from an angular 8 and O.
    character! { "B":
        [
            open! { at(-25, -50) at(-25, 50) },
            open! {
                at(-30, -50) at(-4, -50) bend(24, -50) bend(24, -4) at(-4, -4) at(-25, -4) at(-2, -4)
                bend(29, -4) bend(29, 50) at(-2, 50) at(-30, 50)
            }
        ]
    },
    character! { "C":
        [open! { at(30, -27) bend(25, -50) bend(-31, -50) bend(-31, 50) bend(25, 50) at(30, 27) }]
    },
    character! { "D":
        [
            open! { at(-25, -50) at(-25, 50) },
            open! { at(-32, -50) at(-12, -50) bend(31, -50) bend(31, 50) at(-12, 50) at(-32, 50) }
        ]
    },
    character! { "E":
        [open! { at(26, -50) at(-25, -50) at(-25, 50) at(27, 50) }, open! { at(-25, -2) at(18, -2) }]
    },
    character! { "F":
        [open! { at(27, -50) at(-23, -50) at(-23, 50) }, open! { at(-23, 0) at(18, 0) }]
    },
    character! { "G":
        [open! {
            at(28, -29) bend(22, -50) bend(-31, -50) bend(-31, 50) bend(30, 50) at(30, 5) at(4, 5)
        }]
    },
    character! { "H":
        [
            open! { at(-29, -50) at(-29, 50) },
            open! { at(29, -50) at(29, 50) },
            open! { at(-29, 0) at(29, 0) }
        ]
    },
    character! { "I":
        [
            open! { at(0, -50) at(0, 50) },
            open! { at(-18, -50) at(18, -50) },
            open! { at(-18, 50) at(18, 50) }
        ]
    },
    character! { "J":
        [open! { at(18, -50) at(18, 10) bend(18, 50) bend(-26, 50) at(-27, 22) }]
        | [
            open! { at(18, -50) at(18, 10) bend(18, 50) bend(-26, 50) at(-27, 22) },
            open! { at(-6, -50) at(31, -50) }
        ]
    },
    character! { "K":
        [
            open! { at(-27, -50) at(-27, 50) },
            open! { at(28, -50) at(-27, 12) },
            open! { at(-8, -9) at(30, 50) }
        ]
    },
    character! { "L":
        [open! { at(-24, -50) at(-24, 50) at(28, 50) }]
    },
    character! { "M":
        [open! { at(-34, 50) at(-32, -50) at(0, 16) at(32, -50) at(34, 50) }]
    },
    character! { "N":
        [open! { at(-29, 50) at(-29, -50) at(29, 50) at(29, -50) }]
    },
    character! { "O":
        [closed! { bend(-35, -50) bend(35, -50) bend(35, 50) bend(-35, 50) }]
    },
    character! { "P":
        [
            open! { at(-25, -50) at(-25, 50) },
            open! { at(-25, -50) at(-2, -50) bend(29, -50) bend(29, 6) at(-2, 6) at(-25, 6) }
        ]
    },
    character! { "Q":
        [
            closed! { bend(-35, -50) bend(35, -50) bend(35, 47) bend(-35, 47) },
            open! { at(9, 20) at(35, 50) }
        ]
    },
    character! { "R":
        [
            open! { at(-26, -50) at(-26, 50) },
            open! { at(-26, -50) at(-2, -50) bend(28, -50) bend(28, 4) at(-2, 4) at(-26, 4) },
            open! { at(2, 4) at(30, 50) }
        ]
    },
    character! { "S":
        [open! {
            at(27, -30) bend(22, -50) bend(-27, -50) bend(-27, -6) bend(29, 3) bend(29, 50)
            bend(-24, 50) at(-30, 29)
        }]
    },
    character! { "T":
        [open! { at(-32, -50) at(32, -50) }, open! { at(0, -50) at(0, 50) }]
    },
    character! { "U":
        [open! { at(-29, -50) at(-29, 4) bend(-29, 50) bend(29, 50) at(29, 4) at(29, -50) }]
    },
    character! { "V":
        [open! { at(-33, -50) at(0, 50) at(33, -50) }]
    },
    character! { "W":
        [open! { at(-36, -50) at(-19, 50) at(0, -20) at(19, 50) at(36, -50) }]
    },
    character! { "X":
        [open! { at(-30, -50) at(31, 50) }, open! { at(30, -50) at(-31, 50) }]
    },
    character! { "Y":
        [open! { at(-32, -50) at(0, 2) at(32, -50) }, open! { at(0, 2) at(0, 50) }]
    },
    character! { "Z":
        [open! { at(-28, -50) at(28, -50) at(-29, 50) at(30, 50) }]
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = &'static Character> {
        const ZERO: &[Character] = &[SLASHED_ZERO];
        const DIGIT: &[Character] = &DIGITS;
        const CAPITAL: &[Character] = &CAPITALS;
        ZERO.iter().chain(DIGIT).chain(CAPITAL)
    }

    #[test]
    fn every_shape_fills_the_height_and_is_centred() {
        for character in all() {
            for shape in character.shapes {
                let vertices = || shape.iter().flat_map(|stroke| stroke.vertices);
                let (left, right) = (vertices().map(|v| v.x).min(), vertices().map(|v| v.x).max());
                let (top, bottom) = (vertices().map(|v| v.y).min(), vertices().map(|v| v.y).max());
                assert_eq!((top, bottom), (Some(-50), Some(50)), "{}", character.label);
                let (left, right) = (left.unwrap(), right.unwrap());
                assert!(
                    left >= -38 && right <= 38,
                    "{}: {left} to {right}",
                    character.label
                );
                assert!(
                    (left + right).abs() <= 20,
                    "{}: {left} to {right}",
                    character.label
                );
            }
        }
    }

    #[test]
    fn every_stroke_has_a_length() {
        for character in all() {
            for stroke in character.shapes.iter().copied().flatten() {
                assert!(stroke.vertices.len() >= 2, "{}", character.label);
                let pairs = stroke.vertices.windows(2);
                for pair in pairs {
                    assert!(
                        (pair[0].x, pair[0].y) != (pair[1].x, pair[1].y),
                        "{}",
                        character.label
                    );
                }
            }
        }
    }

    #[test]
    fn the_ends_of_an_open_stroke_do_not_bend() {
        for character in all() {
            for stroke in character
                .shapes
                .iter()
                .copied()
                .flatten()
                .filter(|stroke| !stroke.closed)
            {
                assert!(!stroke.vertices[0].bends, "{}", character.label);
                assert!(
                    !stroke.vertices[stroke.vertices.len() - 1].bends,
                    "{}",
                    character.label
                );
            }
        }
    }

    #[test]
    fn labels_are_the_characters_in_order() {
        let digits: Vec<_> = DIGITS.iter().map(|character| character.label).collect();
        let capitals: Vec<_> = CAPITALS.iter().map(|character| character.label).collect();
        assert_eq!(digits.concat(), "0123456789");
        assert_eq!(capitals.concat(), "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    }
}
