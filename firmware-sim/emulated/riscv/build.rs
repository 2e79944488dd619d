//! Gives the linker the memory map.

fn main() {
    let map = concat!(env!("CARGO_MANIFEST_DIR"), "/memory/virt.x");
    println!("cargo:rustc-link-arg-bins=-T{map}");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rerun-if-changed={map}");
    println!("cargo:rerun-if-changed=build.rs");
}
