//! A core and its board, as far as the firmware needs them.

/// A core on its board.
pub trait Machine {
    /// Lets the counter of ticks run.
    fn start_counter();

    /// Ticks since some moment. Wraps.
    fn ticks() -> u32;
}
