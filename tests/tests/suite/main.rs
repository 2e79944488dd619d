//! All tests that cross crates, in one program: each of its own would compile the networks again.

mod flashing;
mod pixels;
mod support;
