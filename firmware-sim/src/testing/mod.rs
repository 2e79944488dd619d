//! Displays and buttons for the tests of a firmware crate: pixling-sim as a dev-dependency.
//!
//! A [`Screen`] is a `DrawTarget` of a board's display. It compares what was drawn with a picture in characters or with
//! a PNG, and by default drawing outside of it fails, because on a device it is silently lost. A [`ScriptedPin`] is a
//! button that the test presses: the firmware takes a reference to it as its pin. A [`SimulatedFlash`] is the driver of a
//! flash that loses its power. Where a test needs a model and there is none yet, [`model`] is a small one.
//!
//! The ten lines of a firmware test:
//!
//! ```
//! use embedded_graphics::pixelcolor::BinaryColor;
//! use embedded_graphics::prelude::*;
//! use embedded_graphics::primitives::{PrimitiveStyle, Rectangle};
//! use pixling_sim::testing::Screen;
//!
//! // The firmware's own drawing.
//! fn battery<D: DrawTarget<Color = BinaryColor>>(display: &mut D) -> Result<(), D::Error> {
//!     let style = PrimitiveStyle::with_stroke(BinaryColor::On, 1);
//!     Rectangle::new(Point::new(1, 0), Size::new(6, 3)).into_styled(style).draw(display)
//! }
//!
//! let mut screen = Screen::sized(8, 4);
//! battery(&mut screen).unwrap();
//! screen.assert_picture(&[
//!     " ###### ",
//!     " #    # ",
//!     " ###### ",
//! ]);
//! ```
//!
//! The same with the drawing moved by one pixel fails:
//!
//! ```should_panic
//! # use embedded_graphics::pixelcolor::BinaryColor;
//! # use embedded_graphics::prelude::*;
//! # use embedded_graphics::primitives::{PrimitiveStyle, Rectangle};
//! # use pixling_sim::testing::Screen;
//! # let mut screen = Screen::sized(8, 4);
//! let style = PrimitiveStyle::with_stroke(BinaryColor::On, 1);
//! let moved = Rectangle::new(Point::new(2, 0), Size::new(6, 3));
//! moved.into_styled(style).draw(&mut screen).unwrap();
//! screen.assert_picture(&[
//!     " ###### ",
//!     " #    # ",
//!     " ###### ",
//! ]);
//! ```
//!
//! With a model, on a board's display, against a PNG that `PIXLING_UPDATE=1 cargo test` writes:
//!
//! ```no_run
//! use embedded_graphics::image::Image;
//! use embedded_graphics::pixelcolor::Rgb565;
//! use embedded_graphics::prelude::*;
//! use pixling::{Model, Request};
//! use pixling_sim::testing::{self, Screen};
//!
//! let file = testing::model(); // or `include_bytes!("../model.pxl")`
//! let model = Model::load(&file).unwrap();
//! let mut arena = vec![0; model.arena_bytes()];
//! let picture = model.generate(&Request::new(0, 1), &mut arena).unwrap();
//! let mut screen = Screen::<Rgb565>::of_display("tft");
//! Image::new(&picture.rgb565(), Point::new(4, 4)).draw(&mut screen).unwrap();
//! screen.assert_png("tests/golden/first.png");
//! ```

mod screen;

pub use pixling_app::ScriptedPin;
pub use pixling_test_support::{FlashFault, SimulatedFlash, halves as model};
pub use screen::Screen;
