//! Chooses the kernels: the only place that does.
//!
//! Rust does not show on a stable compiler whether a target has the DSP extension, so the name of the target decides,
//! and features where the name does not tell.

use std::env;

fn main() {
    let target = env::var("TARGET").unwrap_or_default();
    let feature = |name: &str| env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
    let kernels = if feature("PORTABLE") {
        "portable"
    } else if target.starts_with("thumbv6m") {
        "thumb1"
    } else if target.starts_with("x86_64") {
        "pairs"
    } else if target.starts_with("riscv32im") {
        "rv32"
    } else if target.starts_with("thumbv7em") {
        "dsp"
    } else if target.starts_with("thumbv8m.main") && feature("MVE") {
        "mve"
    } else if target.starts_with("thumbv8m.main") && feature("DSP") {
        "dsp"
    } else {
        "portable"
    };
    println!("cargo:rustc-cfg=kernels=\"{kernels}\"");
    println!(
        "cargo:rustc-check-cfg=cfg(kernels, values(\"portable\", \"thumb1\", \"dsp\", \"mve\", \"rv32\", \"pairs\"))"
    );
    println!("cargo:rerun-if-changed=build.rs");
}
