//! Links without a start: the image is never run.

fn main() {
    println!("cargo:rustc-link-arg-bins=--gc-sections");
    println!("cargo:rustc-link-arg-bins=--entry=draw");
    if std::env::var_os("CARGO_FEATURE_FLASH").is_some() {
        println!("cargo:rustc-link-arg-bins=--undefined=replace");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
