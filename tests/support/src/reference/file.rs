//! The bytes of a file, by `docs/format.md`.

use super::{ReferenceLayer, ReferenceModel, ReferencePrior};
use pixling::{Activation, Coding, Operator, Window};

/// An unsigned number wider than a byte: seven bits in each byte, the lowest first.
fn number(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn table(bytes: &mut Vec<u8>, table: &[u8]) {
    number(bytes, table.len() as u64);
    bytes.extend_from_slice(table);
}

impl ReferenceModel {
    /// The oldest version of the format that can say it.
    pub fn oldest_version(&self) -> u16 {
        let is_modulation =
            |it: &ReferenceLayer| matches!(it.operator, Operator::Modulation { .. });
        if matches!(self.prior, ReferencePrior::Mixture { .. })
            || self.layers.iter().any(is_modulation)
        {
            4
        } else if self.layers.iter().any(|it| it.coding != Coding::Int8) {
            3
        } else {
            2
        }
    }

    /// The bytes of a file of a version of the format, with a golden picture for each class and seed.
    ///
    /// # Panics
    ///
    /// When the version cannot say it.
    pub fn file(&self, version: u16, golden: &[(u16, u64)]) -> Vec<u8> {
        assert!((self.oldest_version()..=4).contains(&version));
        let mut payload = Vec::new();
        let bytes = &mut payload;
        let labels: Vec<String> = (0..self.classes).map(|it| it.to_string()).collect();
        for text in ["reference", "random numbers", "none", &labels.join("\n")] {
            table(bytes, text.as_bytes());
        }
        number(bytes, self.z_s.into());
        number(bytes, self.z_u.into());
        self.prior.write(bytes, version >= 4);
        table(bytes, &self.pixels);
        number(bytes, golden.len() as u64);
        for &(class, seed) in golden {
            number(bytes, class.into());
            number(bytes, seed);
            let request = pixling::Request::new(class, seed);
            number(bytes, crc32fast::hash(&self.draw(&request)).into());
        }
        number(bytes, self.layers.len() as u64);
        for layer in &self.layers {
            layer.write(bytes, version >= 3);
        }

        let mut file = b"PXLG".to_vec();
        file.extend_from_slice(&version.to_le_bytes());
        file.extend_from_slice(&[0; 2]);
        file.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        file.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
        file.extend_from_slice(&payload);
        file
    }
}

impl ReferencePrior {
    fn write(&self, bytes: &mut Vec<u8>, named: bool) {
        match self {
            ReferencePrior::Gaussians {
                mu,
                sigma,
                z_u_sigma,
            } => {
                if named {
                    number(bytes, 0);
                }
                let mu: Vec<u8> = mu.iter().flat_map(|it| it.to_le_bytes()).collect();
                let sigma: Vec<u8> = sigma.iter().flat_map(|it| it.to_le_bytes()).collect();
                table(bytes, &mu);
                table(bytes, &sigma);
                number(bytes, (*z_u_sigma).into());
            }
            ReferencePrior::Mixture {
                unit,
                components,
                weights,
                normals,
                style_weights,
                styles,
            } => {
                number(bytes, 1);
                number(bytes, (*unit).into());
                number(bytes, (*components).into());
                for tables in [weights, normals, style_weights, styles] {
                    table(bytes, tables);
                }
            }
        }
    }
}

impl ReferenceLayer {
    fn write(&self, bytes: &mut Vec<u8>, coded: bool) {
        let window = |bytes: &mut Vec<u8>, kind: u64, window: Window| {
            number(bytes, kind);
            bytes.extend_from_slice(&[
                window.kernel_height,
                window.kernel_width,
                window.stride,
                window.padding_top,
                window.padding_left,
            ]);
        };
        match self.operator {
            Operator::Dense => number(bytes, 0),
            Operator::Conv2d(it) => window(bytes, 1, it),
            Operator::Depthwise(it) => window(bytes, 2, it),
            Operator::TransposedConv2d => number(bytes, 3),
            Operator::Modulation { shift } => {
                number(bytes, 4);
                bytes.push(shift);
            }
            other => panic!("no number of {other:?}"),
        }
        for side in [self.output.height, self.output.width, self.output.channels] {
            number(bytes, side.into());
        }
        bytes.push(self.zero_point as u8);
        match self.activation {
            Activation::Linear => number(bytes, 0),
            Activation::Relu => number(bytes, 1),
            Activation::LeakyRelu { slope } => {
                number(bytes, 2);
                number(bytes, slope.into());
            }
        }
        let four_bits = self.coding != Coding::Int8;
        if coded {
            number(bytes, four_bits.into());
        }
        if four_bits {
            bytes.extend_from_slice(&self.shifts());
        }
        table(bytes, &self.weights);
        let pairs = (self.multipliers.iter()).flat_map(|&it| [it, self.below_zero(it)]);
        if four_bits {
            let bias: Vec<u8> = self.bias.iter().map(|it| *it as u8).collect();
            table(bytes, &bias);
            let pairs: Vec<u8> = pairs.flat_map(|it| (it as u16).to_le_bytes()).collect();
            table(bytes, &pairs);
        } else {
            let bias: Vec<u8> = self.bias.iter().flat_map(|it| it.to_le_bytes()).collect();
            table(bytes, &bias);
            let pairs: Vec<u8> = pairs.flat_map(|it| it.to_le_bytes()).collect();
            table(bytes, &pairs);
        }
    }
}
