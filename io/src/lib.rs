//! Files and texts of the command lines `pixling` and `pixling-sim`, which decide about them alike.
//!
//! - [`write()`] makes an output that is complete or absent; [`check_outputs`] refuses, before the work, outputs that would
//!   destroy each other or an input; [`beside`] names a file after a model file.
//! - [`label`] is the form of a class's name: one line of text. [`escaped`] shows any text without the codes in it.
//! - [`class_named`] and [`classes_named`] find a class by its label or its number.

mod class;
mod output;
mod text;

pub use class::{NoSuchClass, class_named, classes_named, listed};
pub use output::{OutputError, beside, check_outputs, write};
pub use text::{LabelError, escaped, escaped_lines, label, without_mark};
