//! Gives the linker the partition of the model; the memory map is nrf51-hal's.

fn main() {
    println!("cargo:rustc-link-search={}", env!("CARGO_MANIFEST_DIR"));
    println!("cargo:rustc-link-arg-bins=--nmagic");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rustc-link-arg-bins=-Tmodel.x");
    println!("cargo:rerun-if-changed=model.x");
    println!("cargo:rerun-if-changed=build.rs");
}
