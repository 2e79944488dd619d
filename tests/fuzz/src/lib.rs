//! What reads bytes of others, as fuzz targets: each a function of bytes that panics when something is wrong.
//!
//! `tests/short.rs` runs all of them with a seeded mutator, and what was found before, in `regressions/`. `tools/fuzz`
//! runs them with libFuzzer. See `docs/fuzzing.md`.
//!
//! There is no target for UF2: nothing here reads it.

mod draw;
mod envelope;
mod mutator;
mod payload;
mod readers;
mod rules;
mod seeds;
mod slots;
mod update;

pub use mutator::Mutator;

/// A reader with what to try it on.
pub struct Target {
    /// As `tools/fuzz` and the folders of inputs have it.
    pub name: &'static str,
    /// Panics when the reader does, and when it accepts what it must not.
    pub run: fn(&[u8]),
    /// What a mutator starts from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Executions of the short run: the slow ones have fewer.
    pub executions: u32,
}

/// All of them: 100,000 executions.
pub const TARGETS: [Target; 8] = [
    Target {
        name: "envelope",
        run: envelope::run,
        seeds: envelope::seeds,
        executions: 20_000,
    },
    Target {
        name: "payload",
        run: payload::run,
        seeds: payload::seeds,
        executions: 30_000,
    },
    Target {
        name: "slots",
        run: slots::run,
        seeds: slots::seeds,
        executions: 15_000,
    },
    Target {
        name: "update",
        run: update::run,
        seeds: update::seeds,
        executions: 5_000,
    },
    Target {
        name: "idx",
        run: readers::idx,
        seeds: readers::idx_seeds,
        executions: 10_000,
    },
    Target {
        name: "text",
        run: readers::text,
        seeds: readers::text_seeds,
        executions: 10_000,
    },
    Target {
        name: "picture",
        run: readers::picture,
        seeds: readers::picture_seeds,
        executions: 5_000,
    },
    Target {
        name: "font",
        run: readers::font,
        seeds: readers::font_seeds,
        executions: 5_000,
    },
];

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// A number that the bytes decide, for choices that need not be in them.
fn noise(bytes: &[u8]) -> u64 {
    let high = crc32fast::hash(bytes);
    u64::from(high) << 32 | u64::from(high.rotate_left(13) ^ bytes.len() as u32)
}
