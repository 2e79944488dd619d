//! Models built by hand, as large as real ones, that draw soft spots: each latent dimension one.
#![allow(dead_code, reason = "each test file uses a part of it")]

use pixling::write::{Contents, Packed, Plain, pack, to_bytes};
use pixling::{
    Activation, Coding, Geometry, Golden, Head, Layer, Model, Operator, Request, Shape, Window,
};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A decoder: dense, two transposed convolutions, a convolution.
#[derive(Clone, Copy)]
pub(crate) struct Sketch {
    /// Rows and columns of a picture, a multiple of 4.
    pub(crate) side: u16,
    /// 1 or 3.
    pub(crate) channels: u16,
    /// Channels behind the dense layer, a multiple of 4.
    pub(crate) features: u16,
}

/// The decoder of the project's reference preset: 28x28 grey, 908,544 multiply-accumulates.
pub(crate) const MICRO: Sketch = Sketch {
    side: 28,
    channels: 1,
    features: 32,
};

const LATENT: u16 = 32;
const Z_S: u16 = 16;
const LABELS: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// Repeatable numbers from `-most` to `most`.
struct Noise(u32);

impl Noise {
    fn next(&mut self, most: i32) -> i32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) as i32 % (2 * most + 1) - most
    }
}

fn weight(value: i32) -> i8 {
    value.clamp(-127, 127) as i8
}

/// `factor` times `2^32`.
fn multiplier(factor: f64) -> i32 {
    (factor * 2f64.powi(32)) as i32
}

struct Tables {
    weights: Vec<i8>,
    bias: Vec<i32>,
    multipliers: Vec<i32>,
}

impl Tables {
    fn new(weights: Vec<i8>, biases: usize, channels: u16, factor: f64) -> Tables {
        Tables {
            weights,
            bias: (0..biases as i32).map(|index| index % 7 - 3).collect(),
            multipliers: vec![multiplier(factor); usize::from(channels)],
        }
    }

    fn plain(&self) -> Plain<'_> {
        Plain {
            weights: &self.weights,
            bias: &self.bias,
            multipliers: &self.multipliers,
        }
    }
}

impl Sketch {
    fn shapes(self) -> [Shape; 5] {
        let map = |side, channels| Shape {
            height: side,
            width: side,
            channels,
        };
        let Sketch {
            side,
            channels,
            features,
        } = self;
        [
            map(1, LATENT),
            map(side / 4, features),
            map(side / 2, features / 2),
            map(side, features / 4),
            map(side, channels),
        ]
    }

    /// A spot for each latent dimension, in a channel of its own.
    fn dense(self) -> Tables {
        let [_, output, ..] = self.shapes();
        let mut noise = Noise(1);
        let places: Vec<[f64; 2]> = (0..LATENT)
            .map(|_| {
                [(); 2]
                    .map(|()| f64::from(noise.next(400) + 500) / 1000.0 * f64::from(output.width))
            })
            .collect();
        let mut weights = Vec::new();
        for y in 0..output.height {
            for x in 0..output.width {
                for channel in 0..output.channels {
                    for input in 0..LATENT {
                        let [center_y, center_x] = places[usize::from(input)];
                        let distance = (f64::from(y) + 0.5 - center_y).powi(2)
                            + (f64::from(x) + 0.5 - center_x).powi(2);
                        let height = if input % output.channels == channel {
                            120.0
                        } else {
                            0.0
                        };
                        let spot = height * (-distance / 2.5).exp();
                        weights.push(weight(spot as i32 + noise.next(2)));
                    }
                }
            }
        }
        Tables::new(
            weights,
            output.values() as usize,
            output.channels,
            1.0 / 100.0,
        )
    }

    /// Interpolates, and folds two channels into one.
    fn transposed(self, seed: u32, input: Shape, output: Shape) -> Tables {
        let mut noise = Noise(seed);
        let near = [[1, 3], [3, 1]]; // [phase][tap]
        let mut weights = Vec::new();
        for phase in 0..4 {
            for channel in 0..output.channels {
                for tap in 0..4 {
                    for from in 0..input.channels {
                        let gain = near[phase / 2][tap / 2] * near[phase % 2][tap % 2];
                        let same = i32::from(from % output.channels == channel);
                        weights.push(weight(14 * gain * same + noise.next(3)));
                    }
                }
            }
        }
        Tables::new(
            weights,
            output.channels.into(),
            output.channels,
            1.0 / 224.0,
        )
    }

    /// Adds all channels up, each color with weights of its own.
    fn last(self, input: Shape, output: Shape) -> Tables {
        let mut noise = Noise(4);
        let mut weights = Vec::new();
        for color in 0..output.channels {
            for tap in 0..9 {
                for from in 0..input.channels {
                    let center = if tap == 4 { 90 } else { 4 };
                    let tint = if output.channels == 3 && from % 3 != color {
                        20
                    } else {
                        0
                    };
                    weights.push(weight(center - tint + noise.next(3)));
                }
            }
        }
        Tables::new(weights, output.channels.into(), output.channels, 1.0 / 90.0)
    }

    /// The file with two golden pictures. `spoil` is added to their checksums.
    pub(crate) fn file(self, spoil: u32) -> Vec<u8> {
        let shapes = self.shapes();
        let [_, first, second, third, picture] = shapes;
        let tables = [
            self.dense(),
            self.transposed(2, first, second),
            self.transposed(3, second, third),
            self.last(third, picture),
        ];
        let window = Window {
            kernel_height: 3,
            kernel_width: 3,
            stride: 1,
            padding_top: 1,
            padding_left: 1,
        };
        let zero_points = [-120, -120, -120, -118];
        let operators = [
            Operator::Dense,
            Operator::TransposedConv2d,
            Operator::TransposedConv2d,
            Operator::Conv2d(window),
        ];
        let activation = |index| {
            if index < 3 {
                Activation::LeakyRelu { slope: 6554 }
            } else {
                Activation::Linear
            }
        };
        let geometry = |index: usize| Geometry {
            operator: operators[index],
            input: shapes[index],
            output: shapes[index + 1],
        };
        let packed: Vec<Packed> = (0..4)
            .map(|index| {
                let plain = tables[index].plain();
                pack(&geometry(index), activation(index), plain)
            })
            .collect();
        let layers: Vec<Layer<'_>> = (0..4)
            .map(|index| Layer {
                geometry: geometry(index),
                head: Head {
                    zero_point: zero_points[index],
                    activation: activation(index),
                    coding: Coding::Int8,
                },
                tables: packed[index].tables(),
            })
            .collect();
        let mut noise = Noise(9);
        let classes = LABELS.len();
        let mu: Vec<u8> = (0..classes * usize::from(Z_S))
            .flat_map(|_| ((noise.next(100) * 256) as i16).to_le_bytes())
            .collect();
        let sigma: Vec<u8> = vec![3000u16; classes * usize::from(Z_S)]
            .into_iter()
            .flat_map(u16::to_le_bytes)
            .collect();
        let pixels: Vec<u8> = (0..=255).collect();
        let contents = Contents {
            name: "spots",
            data: "made by hand",
            licence: "MIT OR Apache-2.0",
            labels: &LABELS.join("\n"),
            z_s: Z_S,
            z_u: LATENT - Z_S,
            mu: &mu,
            sigma: &sigma,
            z_u_sigma: 4000,
            pixels: &pixels,
            golden: &[],
            layers: &layers,
        };
        let bare = to_bytes(&contents).unwrap();
        let golden: Vec<Golden> = [(0, 7), (9, u64::MAX)]
            .map(|(class, seed)| Golden {
                class,
                seed,
                checksum: checksum(&bare, class, seed).wrapping_add(spoil),
            })
            .to_vec();
        to_bytes(&Contents {
            golden: &golden,
            ..contents
        })
        .unwrap()
    }
}

fn checksum(file: &[u8], class: u16, seed: u64) -> u32 {
    let model = Model::load(file).unwrap();
    let mut arena = vec![0; model.arena_bytes()];
    let picture = model.generate(&Request::new(class, seed), &mut arena);
    picture.unwrap().checksum()
}

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
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/cortex-m"))
}

/// Builds a crate of this folder for bare metal; the path of what was built.
pub(crate) fn cross(
    name: &str,
    triple: &str,
    features: &str,
    target: &Path,
    product: &str,
) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let status = Command::new(folder.join("../../tools/cross"))
        .args(["build", "--quiet", "--release", "--target", triple])
        .args(["--features", features, "--target-dir"])
        .arg(target)
        .current_dir(&folder)
        .status()
        .unwrap();
    assert!(status.success());
    target.join(triple).join("release").join(product)
}
