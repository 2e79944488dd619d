//! Gives the linker the memory map of the machine.

use std::path::PathBuf;
use std::{env, fs};

/// Each machine's cargo feature and memory map.
const MACHINES: [(&str, &str); 4] = [
    ("CARGO_FEATURE_MPS2", "memory/mps2.x"),
    ("CARGO_FEATURE_AN505", "memory/an505.x"),
    ("CARGO_FEATURE_AN547", "memory/an547.x"),
    ("CARGO_FEATURE_MICROBIT", "memory/microbit.x"),
];

fn main() {
    let chosen: Vec<&str> = MACHINES
        .iter()
        .filter(|(feature, _)| env::var_os(feature).is_some())
        .map(|(_, map)| *map)
        .collect();
    let [map] = chosen[..] else {
        panic!("choose exactly one machine, for instance with `--features mps2`");
    };
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::copy(map, folder.join("memory.x")).expect("the memory map can be copied");
    println!("cargo:rustc-link-search={}", folder.display());
    println!("cargo:rustc-link-arg-bins=--nmagic");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rerun-if-changed=memory");
    println!("cargo:rerun-if-changed=build.rs");
}
