//! The fuzz targets of `pixling-fuzz` for libFuzzer, as `cargo fuzz` wants them: a program for each. Started by
//! `tools/fuzz`.

pub use libfuzzer_sys::fuzz_target;

/// The program of a target.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        use std::sync::OnceLock;
        static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

        $crate::fuzz_target!(
            init: {
                TARGET.get_or_init(|| $crate::start($name));
            },
            |bytes: &[u8]| {
                if let Some(run) = TARGET.get() {
                    run(bytes);
                }
            }
        );
    };
}

/// Finds a target, and writes its seeds to the folder in `PIXLING_FUZZ_SEEDS`, before libFuzzer reads that.
///
/// # Panics
///
/// When there is no such target, or the folder cannot be written.
pub fn start(name: &str) -> fn(&[u8]) {
    let target = pixling_fuzz::target(name).expect("a target of pixling-fuzz");
    if let Some(folder) = std::env::var_os("PIXLING_FUZZ_SEEDS") {
        for (index, seed) in (target.seeds)().iter().enumerate() {
            let path = std::path::Path::new(&folder).join(format!("seed-{index}"));
            std::fs::write(path, seed).expect("the folder of the seeds can be written");
        }
    }
    target.run
}
