//! `pixling pack`.

use super::say;
use crate::files;
use anyhow::{Context, Result};
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use pixling::Model;
use pixling_boards::{Catalog, FAMILIES, Family, intel_hex, uf2};
use pixling_io::{beside, check_outputs};
use std::path::PathBuf;

/// A model file, and where in flash it goes.
#[derive(Args, Debug)]
pub(super) struct Pack {
    /// The model file.
    model: PathBuf,
    /// Raw bytes, Intel HEX, or UF2 blocks.
    #[arg(long)]
    format: Format,
    /// A board with a firmware of this repository: gives the address and the family.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(boards()))]
    board: Option<String>,
    /// The first address of the model in flash, as 0x10100000.
    #[arg(long, value_parser = address, required_unless_present = "board", conflicts_with = "board")]
    address: Option<u32>,
    /// The family of the chip: where its flash is, and its number in UF2 files.
    #[arg(long, value_name = "NAME", required_unless_present = "board", conflicts_with = "board",
          value_parser = PossibleValuesParser::new(FAMILIES.map(|family| family.name)))]
    family: Option<String>,
    /// The file to write; if absent, the model's name with another ending in place of .pxl.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The names of the boards that have a partition for a model.
fn boards() -> impl Iterator<Item = &'static str> {
    let boards = Catalog::embedded().boards().iter();
    let with_partition = boards.filter(|board| board.partition.is_some());
    with_partition.map(|board| board.name.as_str())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Bin,
    Hex,
    Uf2,
}

/// A number of 32 bits, decimal or in hexadecimal after `0x`.
fn address(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let number = match digits {
        // A sign would be taken, too.
        Some(digits) if !digits.starts_with('+') => u32::from_str_radix(digits, 16).ok(),
        Some(_) => None,
        None => text.parse().ok(),
    };
    number.ok_or_else(|| "write it as 0x10100000, of at most eight digits".into())
}

impl Pack {
    pub(super) fn run(self) -> Result<()> {
        let output = self.output.clone().unwrap_or_else(|| {
            let ending = match self.format {
                Format::Bin => "bin",
                Format::Hex => "hex",
                Format::Uf2 => "uf2",
            };
            beside(&self.model, ending)
        });
        check_outputs([&*output], [&*self.model])?;
        let bytes = files::read(&self.model)?;
        let place = || self.model.display().to_string();
        let model = Model::load(&bytes).with_context(place)?;
        model
            .self_test(&mut vec![0; model.arena_bytes()])
            .with_context(place)?;
        // What stands behind the model in its file is not part of it.
        let bytes = &bytes[..model.file_bytes()];

        let (address, family) = self.place(bytes.len())?;
        let content = match self.format {
            Format::Bin => bytes.to_vec(),
            Format::Hex => intel_hex(bytes, address)?.into_bytes(),
            Format::Uf2 => {
                let number = family.uf2.with_context(|| {
                    format!(
                        "there is no UF2 boot loader for {}: choose --format hex or bin",
                        family.name
                    )
                })?;
                uf2(bytes, address, number)
            }
        };
        files::write(&output, &content)?;
        say!(
            "{}: {} bytes of model for {address:#010x} of {}",
            output.display(),
            bytes.len(),
            family.name
        )
    }

    /// The address and the family of the chip for a model of a size, checked.
    fn place(&self, bytes: usize) -> Result<(u32, &'static Family)> {
        let catalog = Catalog::embedded();
        let board = self.board.as_deref().map(|name| catalog.board(name));
        if let Some(board) = board.transpose()? {
            let partition = board.partition.as_ref();
            let partition = partition
                .with_context(|| format!("{} has no partition for a model", board.name))?;
            partition.check(&board.name, bytes)?;
            return Ok((partition.address, partition.family));
        }
        // One or the other is given, or clap would have complained.
        let (address, family) = self
            .address
            .zip(self.family.as_deref().and_then(Family::named))
            .context("--address or --family is missing")?;
        family.check(address, bytes)?;
        Ok((address, family))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_hexadecimal_or_decimal_numbers_of_32_bits() {
        assert_eq!(address("0x10100000"), Ok(0x1010_0000));
        assert_eq!(address("0XffffFFFF"), Ok(u32::MAX));
        assert_eq!(address("98304"), Ok(0x18000));
        for text in ["", "0x", "0x100000000", "-1", "0x+1", "0x1g", "flash"] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
