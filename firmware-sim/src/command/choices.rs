//! Words of the command line for what the application knows.

use clap::ValueEnum;

macro_rules! choices {
    ($(#[$about:meta])* $name:ident for $target:path { $($(#[$help:meta])* $word:ident),* $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
        pub(crate) enum $name {
            $($(#[$help])* $word,)*
        }

        impl From<$name> for $target {
            fn from(choice: $name) -> $target {
                match choice {
                    $($name::$word => <$target>::$word,)*
                }
            }
        }
    };
}

choices! {
    /// The action of button A at first.
    ModeChoice for pixling_app::Mode {
        /// It goes to the next class.
        Browse,
        /// It draws another style.
        Reroll,
        /// Pictures flow into each other.
        Morph,
        /// It changes what stays.
        Lock,
    }
}

choices! {
    /// What stays as it is.
    LockChoice for pixling_app::Lock {
        /// Nothing.
        None,
        /// The class.
        Class,
        /// The style.
        Style,
    }
}

choices! {
    /// How greys are drawn in black and white.
    DitherChoice for pixling_app::Dithering {
        /// By a matrix of thresholds.
        Ordered,
        /// By diffusion of the error.
        Diffusion,
    }
}

choices! {
    /// How the display is mounted.
    RotateChoice for pixling_app::Rotation {
        /// As it is.
        #[value(name = "0")]
        None,
        /// A quarter, clockwise.
        #[value(name = "90")]
        Quarter,
        /// Upside down.
        #[value(name = "180")]
        Half,
        /// Three quarters, clockwise.
        #[value(name = "270")]
        ThreeQuarters,
    }
}
