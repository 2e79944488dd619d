//! The actions of button A.

/// The action of button A.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It goes to the next class, in the same style.
    #[default]
    Browse,
    /// It draws another style of the same class.
    Reroll,
    /// Pictures flow into each other; it goes on to the next at once.
    Morph,
    /// It goes to the next [`Lock`].
    Lock,
}

impl Mode {
    /// The mode that button B goes to.
    pub const fn next(self) -> Mode {
        match self {
            Mode::Browse => Mode::Reroll,
            Mode::Reroll => Mode::Morph,
            Mode::Morph => Mode::Lock,
            Mode::Lock => Mode::Browse,
        }
    }

    /// As it is shown.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Browse => "browse",
            Mode::Reroll => "reroll",
            Mode::Morph => "morph",
            Mode::Lock => "lock",
        }
    }
}

/// The part of a picture that stays as it is, whatever is pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lock {
    /// Nothing.
    #[default]
    None,
    /// The class: browsing draws others of the same class, morphing goes from style to style.
    Class,
    /// The style: rerolling draws another shape in the same style, morphing goes from class to class.
    Style,
}

impl Lock {
    /// The lock that button A goes to.
    pub const fn next(self) -> Lock {
        match self {
            Lock::None => Lock::Class,
            Lock::Class => Lock::Style,
            Lock::Style => Lock::None,
        }
    }

    /// As it is shown; empty where nothing is locked.
    pub const fn name(self) -> &'static str {
        match self {
            Lock::None => "",
            Lock::Class => "class kept",
            Lock::Style => "style kept",
        }
    }
}
