//! Gives the linker esp-hal's memory map, and the partition of the model.

fn main() {
    println!("cargo:rustc-link-search={}", env!("CARGO_MANIFEST_DIR"));
    println!("cargo:rustc-link-arg-bins=-Tlinkall.x");
    println!("cargo:rustc-link-arg-bins=-Tmodel.x");
    println!("cargo:rerun-if-changed=model.x");
    println!("cargo:rerun-if-changed=build.rs");
}
