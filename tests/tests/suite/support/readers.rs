//! Programs of others that read what `pixling pack` writes: `objcopy` of the GNU binutils, and `intelhex` and
//! `adafruit-uf2` of PyPI, which `tools/test` installs.

use super::has;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program of the Python environment of `tools/test`.
fn python(program: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.venv/flash/bin")).join(program)
}

/// Whether all of them are here.
pub(crate) fn are_here() -> bool {
    has("objcopy") && has(python("hex2bin.py")) && has(python("uf2conv"))
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {text}{errors}");
    text
}

/// What two readers make of Intel HEX, from its first address on.
pub(crate) fn read_intel_hex(text: &str) -> [Vec<u8>; 2] {
    let folder = tempfile::tempdir().unwrap();
    let [hex, first, second] = ["file.hex", "first", "second"].map(|name| folder.path().join(name));
    std::fs::write(&hex, text).unwrap();
    run(Command::new("objcopy")
        .args(["-I", "ihex", "-O", "binary"])
        .args([&hex, &first]));
    run(Command::new(python("hex2bin.py")).args([&hex, &second]));
    [first, second].map(|path| std::fs::read(path).unwrap())
}

/// The first address in Intel HEX.
pub(crate) fn first_address(text: &str) -> u32 {
    let folder = tempfile::tempdir().unwrap();
    let hex = folder.path().join("file.hex");
    std::fs::write(&hex, text).unwrap();
    let told = run(Command::new(python("hexinfo.py")).arg(&hex));
    let (_, rest) = told.split_once("first: 0x").unwrap();
    let digits: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    u32::from_str_radix(&digits, 16).unwrap()
}

/// What a reader makes of UF2: bytes, their first address, and the name of the family.
pub(crate) fn read_uf2(file: &[u8]) -> (Vec<u8>, u32, String) {
    let folder = tempfile::tempdir().unwrap();
    let [uf2, bytes] = ["file.uf2", "bytes"].map(|name| folder.path().join(name));
    std::fs::write(&uf2, file).unwrap();
    let told = run(Command::new(python("uf2conv"))
        .arg(&uf2)
        .arg("-o")
        .arg(&bytes));
    let word = |before: &str| {
        let (_, rest) = told.split_once(before).unwrap_or_else(|| panic!("{told}"));
        rest.split([',', '\n']).next().unwrap().to_owned()
    };
    let address = u32::from_str_radix(&word("start address: 0x"), 16).unwrap();
    (
        std::fs::read(bytes).unwrap(),
        address,
        word("Family ID is "),
    )
}
