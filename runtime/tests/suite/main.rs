//! All tests of the public surface, in one program, which is linked once.

mod common;
mod constants;
mod drawing;
mod engine;
mod golden;
mod modulation;
mod paged;
mod reference;
mod rows;
mod signed;
mod untrusted;
