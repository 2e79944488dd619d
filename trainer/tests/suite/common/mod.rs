//! A short training on the command line, and sheets of pictures read back.

use image::RgbImage;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

pub(crate) const DATA: &str = "strokes:digits,train=200,test=60";

pub(crate) fn pixling(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pixling"))
        .args(arguments)
        // Judges are kept there, not in the folder of whoever runs the tests.
        .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .output()
        .unwrap()
}

/// Expects success; gives standard output.
pub(crate) fn done(arguments: &[&str]) -> String {
    let output = pixling(arguments);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {message}");
    String::from_utf8(output.stdout).unwrap()
}

/// Expects exit code 2 and one line on standard error that has all parts.
pub(crate) fn refused(arguments: &[&str], parts: &[&str]) {
    let output = pixling(arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
    for part in parts {
        assert!(
            message.contains(part),
            "{arguments:?}: {part:?} is not in {message}"
        );
    }
}

/// A trained run in a folder that goes away.
pub(crate) struct Trained {
    folder: TempDir,
}

impl Trained {
    /// One epoch of the smallest training.
    pub(crate) fn new() -> Trained {
        Trained::on(DATA, &["epochs=1"])
    }

    /// A training with settings, of `micro-plain` unless they name another preset: it takes half of the time of `micro`.
    pub(crate) fn on(data: &str, settings: &[&str]) -> Trained {
        let folder = tempfile::tempdir().unwrap();
        let trained = Trained { folder };
        let run = trained.path("run");
        let preset = ["--set", "preset=micro-plain"];
        let mut arguments = vec!["train", "--data", data, "--out", &run, "--quiet"];
        arguments.extend(preset);
        for setting in settings {
            arguments.extend(["--set", setting]);
        }
        done(&arguments);
        trained
    }

    /// A path inside the folder; `run` is the run.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    /// Runs a command on the run and reads what it wrote.
    pub(crate) fn written(&self, command: &str, arguments: &[&str], name: &str) -> Vec<u8> {
        let (run, out) = (self.path("run"), self.path(name));
        done(&[&[command, &run, "--out", &out][..], arguments].concat());
        std::fs::read(out).unwrap()
    }

    /// The same for a sheet of grey pictures of 28x28.
    pub(crate) fn sheet(&self, command: &str, arguments: &[&str]) -> Sheet {
        self.written(command, arguments, "sheet.png");
        Sheet::open(Path::new(&self.path("sheet.png")))
    }
}

/// Pictures of 28x28 side by side, a pixel of paper between them.
pub(crate) struct Sheet {
    image: RgbImage,
    pub(crate) columns: u32,
    pub(crate) rows: u32,
    scale: u32,
}

const SIDE: u32 = 28;

impl Sheet {
    pub(crate) fn open(path: &Path) -> Sheet {
        Sheet::read(&std::fs::read(path).unwrap())
    }

    /// Reads a PNG. How much it is enlarged follows from its size, which is `scale` times a multiple of 29 and one.
    pub(crate) fn read(png: &[u8]) -> Sheet {
        let image = image::load_from_memory(png).unwrap().to_rgb8();
        let (width, height) = image.dimensions();
        let scale = width % (SIDE + 1);
        assert!(
            [width, height]
                .iter()
                .all(|size| size.is_multiple_of(scale) && size % (SIDE + 1) == scale),
            "no sheet of 28x28 pictures"
        );
        let count = |size: u32| (size / scale - 1) / (SIDE + 1);
        Sheet {
            columns: count(image.width()),
            rows: count(image.height()),
            image,
            scale,
        }
    }

    /// A picture's bytes.
    pub(crate) fn picture(&self, row: u32, column: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        for y in 0..SIDE {
            for x in 0..SIDE {
                let at = |place: u32, pixel: u32| (place * (SIDE + 1) + 1 + pixel) * self.scale;
                let pixel = self.image.get_pixel(at(column, x), at(row, y));
                bytes.push(pixel.0[0]);
            }
        }
        bytes
    }
}

/// A folder of small pictures, which goes away.
pub(crate) struct TestPictures {
    folder: TempDir,
}

impl TestPictures {
    pub(crate) fn new() -> TestPictures {
        let folder = tempfile::Builder::new().prefix("pictures").tempdir();
        TestPictures {
            folder: folder.unwrap(),
        }
    }

    /// A path beside the pictures.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    /// A path in the folder of the classes.
    pub(crate) fn inside(&self, name: &str) -> String {
        self.path(&format!("data/{name}"))
    }

    pub(crate) fn spec(&self) -> String {
        format!("folder:{}", self.path("data"))
    }

    /// Adds pictures to a class, named by number. Each is of another grey, lighter in a class of a longer or later name.
    pub(crate) fn add(&self, class: &str, numbers: std::ops::Range<u8>) {
        std::fs::create_dir_all(self.inside(class)).unwrap();
        let base = class
            .bytes()
            .fold(0u8, |sum, byte| sum.wrapping_mul(3).wrapping_add(byte));
        for number in numbers {
            let grey = base.wrapping_add(number);
            let picture = image::GrayImage::from_pixel(16, 16, image::Luma([grey]));
            picture
                .save(self.inside(&format!("{class}/{number}.png")))
                .unwrap();
        }
    }
}
