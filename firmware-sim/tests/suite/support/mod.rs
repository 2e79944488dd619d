//! Runs the program, and compiles firmware.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with a model file in it.
pub(crate) struct Workplace {
    folder: tempfile::TempDir,
}

impl Workplace {
    pub(crate) fn new(file: &[u8]) -> Workplace {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("model.pxl"), file).unwrap();
        Workplace { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the program inside of the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_pixling-sim"))
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// Runs the program, which must fail with exit code 2 and one line, and returns the line.
    pub(crate) fn complaint(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(output.stdout.is_empty());
        let [line] = text.lines().collect::<Vec<_>>()[..] else {
            panic!("not one line: {text}");
        };
        assert!(line.starts_with("error: "), "{line}");
        line.to_owned()
    }

    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Whether QEMU is here.
pub(crate) fn has_emulator() -> bool {
    has("qemu-system-arm", "qemu-system-arm") && has("qemu-system-riscv32", "qemu-system-misc")
}

/// Whether a program is here. Where tests must not be left out, as in CI, its absence is a failure.
pub(crate) fn has(program: &str, package: &str) -> bool {
    let found = Command::new(program).arg("-h").output().is_ok();
    assert!(
        found || std::env::var_os("CI").is_none(),
        "{program} is missing: apt-get install {package}"
    );
    if !found {
        eprintln!("left out, because {program} is missing");
    }
    found
}

pub(crate) fn firmware_sources() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/emulated"))
}

/// Target folders of crates that are built for bare metal, which stay.
fn cross_target(name: &str) -> PathBuf {
    let name = Path::new(name).file_name().unwrap();
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// The command that builds a crate of this folder for bare metal.
pub(crate) fn cross_command(name: &str, triple: &str, features: &str) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(folder.join("../tools/cross"));
    command
        .args(["build", "--quiet", "--release", "--target", triple])
        .args(["--features", features, "--target-dir"])
        .arg(cross_target(name))
        .current_dir(folder.join(name));
    command
}

/// Builds a crate of this folder for bare metal; the path of the product.
pub(crate) fn cross(name: &str, triple: &str, features: &str, product: &str) -> PathBuf {
    let status = cross_command(name, triple, features).status().unwrap();
    assert!(status.success());
    cross_target(name)
        .join(triple)
        .join("release")
        .join(product)
}
