//! Instructions, arena, stack and code of the standard layers and the presets on every core.
//!
//! `tools/bench device` runs it. It prints tables, and fails when a figure has grown by more than two percent over the
//! recorded one.

use object::{Object, ObjectSection, ObjectSymbol};
use pixling::Way;
use pixling_sim::emulate::{Core, Firmware, Flavour, Machine, build, emulate};
use pixling_sim::{ModelFile, PictureRequest};
use pixling_test_support::Network;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

const REQUEST: PictureRequest = PictureRequest {
    class: 3,
    seed: 2024,
    style: 7,
    z_s_percent: 100,
    z_u_percent: 100,
    way: Way::Joint,
};

/// Every layer.
const ALL: u32 = u32::MAX;

fn main() {
    let mut figures: BTreeMap<String, u64> = BTreeMap::new();
    let networks = [
        Network::abcd(),
        Network::e(),
        Network::fg(),
        Network::nano(),
        Network::micro(),
        Network::micro_plain(),
        Network::mini(),
        Network::milli(),
        Network::abcd().in_four_bits(ALL),
        // The depthwise layer alone, which the table has.
        Network::fg().in_four_bits(0b100),
        Network::nano().in_four_bits(ALL),
        Network::micro().in_four_bits(ALL),
        Network::micro_plain().in_four_bits(ALL),
    ];
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|it| !it.starts_with('-'))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.pxl");
    println!(
        "{:<6}{:<18}{:>12}{:>8}{:>8}{:>8}{:>8}  layers",
        "core", "what", "instr.", "/MAC", "arena", "rows", "stack"
    );
    for core in Core::ALL {
        if !wanted.is_empty() && !wanted.iter().any(|it| it == core.name()) {
            continue;
        }
        let firmware = Firmware::read(&build(core, Flavour::Runtime).unwrap()).unwrap();
        let machine = Machine {
            core,
            qemu: None,
            timeout: Duration::from_secs(120),
        };
        for network in &networks {
            let bytes = network.file(1);
            std::fs::write(&path, &bytes).unwrap();
            let file = ModelFile::read(&path).unwrap();
            let model = file.model().unwrap();
            let outcomes = match emulate(&file, &[REQUEST], &firmware, &machine) {
                Ok(outcomes) => outcomes,
                Err(error) => {
                    println!("{:<6}{:<18}{error}", core.name(), network.name);
                    continue;
                }
            };
            let outcome = &outcomes[0];
            assert!(outcome.is_good(), "{outcome:?}");
            println!(
                "{:<6}{:<18}{:>12}{:>8.3}{:>8}{:>8}{:>8}  {:?}",
                core.name(),
                network.name,
                outcome.instructions,
                outcome.instructions_per_mac,
                outcome.arena_bytes,
                model.rows_arena_bytes(),
                outcome.stack_bytes,
                outcome.layer_instructions,
            );
            let mut note = |what: &str, value: u64| {
                figures.insert(format!("{} {} {what}", core.name(), network.name), value);
            };
            note("instructions", outcome.instructions);
            note("arena", outcome.arena_bytes as u64);
            note("rows arena", model.rows_arena_bytes() as u64);
            note("stack", outcome.stack_bytes);
            for (index, instructions) in outcome.layer_instructions.iter().enumerate() {
                note(&format!("layer {index}"), *instructions);
            }
        }
        figures.insert(
            format!("{} firmware flash", core.name()),
            firmware.flash_bytes(),
        );
    }
    if !wanted.is_empty() {
        return;
    }
    for (name, triple, features, level) in [
        ("portable, for size", "thumbv6m-none-eabi", "portable", "z"),
        ("portable, for speed", "thumbv6m-none-eabi", "portable", "3"),
        ("own, for size", "thumbv6m-none-eabi", "", "z"),
        ("own, for size", "thumbv7em-none-eabihf", "", "z"),
        ("own, for speed", "thumbv7em-none-eabihf", "", "3"),
        ("own, for size", "riscv32imc-unknown-none-elf", "", "z"),
    ] {
        let code = Code::of(folder.path(), triple, features, level);
        println!(
            "{triple}, kernels {name}: {} bytes of code, {} of the compiler's library, {} of constants",
            code.own, code.library, code.constants
        );
        figures.insert(format!("{triple} {name} code"), code.own);
        figures.insert(format!("{triple} {name} library"), code.library);
        figures.insert(format!("{triple} {name} constants"), code.constants);
    }
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tools/bench-data"));
    let recorded = std::fs::read(data.join("device.json")).ok();
    let recorded: BTreeMap<String, u64> = recorded
        .map(|bytes| {
            serde_json::from_slice(&bytes).expect("device.json is what this program wrote")
        })
        .unwrap_or_default();
    let mut grown = 0;
    for (name, &value) in &figures {
        // In hundredths, so that nothing is rounded.
        if let Some(&before) = recorded.get(name)
            && 100 * value > 102 * before
        {
            grown += 1;
            eprintln!("{name}: {before} grew to {value}");
        }
    }
    if grown > 0 && !std::env::args().any(|it| it == "--update") {
        eprintln!("{grown} figures grew by more than 2 %; --update records them");
        std::process::exit(1);
    }
    std::fs::create_dir_all(data).unwrap();
    let text = serde_json::to_string_pretty(&figures).unwrap() + "\n";
    std::fs::write(data.join("device.json"), text).unwrap();
    std::fs::write(data.join("device.md"), markdown(&figures)).unwrap();
    std::fs::write(data.join("device-int4.md"), markdown_int4(&figures)).unwrap();
}

/// The size of the runtime, linked alone.
struct Code {
    own: u64,
    /// Floating point, multiplication of 64 bits and copying, which the compiler brings along.
    library: u64,
    constants: u64,
}

impl Code {
    fn of(folder: &Path, triple: &str, features: &str, level: &str) -> Code {
        let sources = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/size-probe"));
        let status = std::process::Command::new(sources.join("../../tools/cross"))
            .args(["build", "--quiet", "--release", "--target", triple])
            .args(["--features", features, "--target-dir"])
            .arg(folder)
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level)
            .current_dir(sources)
            .status()
            .unwrap();
        assert!(status.success());
        let path = folder.join(triple).join("release/pixling-size-probe");
        let bytes = std::fs::read(path).unwrap();
        let elf = object::File::parse(&*bytes).unwrap();
        let size = |name: &str| elf.section_by_name(name).map_or(0, |it| it.size());
        let of_library = |symbol: &object::Symbol<'_, '_>| {
            let name = symbol.name().unwrap_or_default();
            let words = [
                "compiler_builtins",
                "__aeabi",
                "__clz",
                "__udiv",
                "__mul",
                "mem",
            ];
            symbol.kind() == object::SymbolKind::Text
                && words.iter().any(|word| name.contains(word))
                && !name.contains("pixling")
        };
        // Several names may stand for one piece of code.
        let pieces: BTreeMap<u64, u64> = elf
            .symbols()
            .filter(of_library)
            .map(|symbol| (symbol.address(), symbol.size()))
            .collect();
        let library = pieces.values().sum();
        Code {
            own: size(".text") - library,
            library,
            constants: size(".rodata") + size(".srodata"),
        }
    }
}

/// The table of docs/speed.md.
fn markdown(figures: &BTreeMap<String, u64>) -> String {
    let mut text = "| core | a + b + c + d | depthwise g | `nano` | `micro-plain` | `micro` | per multiply-accumulate | stack |\n\
                    |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    let macs = {
        let file = Network::micro().file(1);
        pixling::Model::load(&file).unwrap().macs()
    };
    for core in Core::ALL {
        let figure = |what: &str| figures.get(&format!("{} {what}", core.name())).copied();
        let thousands = |value: Option<u64>| {
            value.map_or("too large".to_owned(), |it| {
                format!("{} k", it.div_ceil(1000))
            })
        };
        let layers: Option<u64> = (0..4)
            .map(|index| figure(&format!("abcd layer {index}")))
            .sum();
        let micro = figure("micro instructions");
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {:.2} | {} |\n",
            core.name(),
            thousands(layers),
            thousands(figure("fg layer 2")),
            thousands(figure("nano instructions")),
            thousands(figure("micro-plain instructions")),
            thousands(micro),
            micro.unwrap_or(0) as f64 / macs as f64,
            figure("micro stack").unwrap_or(0),
        );
    }
    text
}

/// The table of docs/speed.md on the cost of 4-bit weights.
fn markdown_int4(figures: &BTreeMap<String, u64>) -> String {
    let mut text = "| core | dense a | transposed b | transposed c | convolution d | depthwise g | `nano` | `micro-plain` | `micro` | stack |\n\
                    |---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for core in Core::ALL {
        let figure = |what: &str| figures.get(&format!("{} {what}", core.name())).copied();
        let ratio = |network: &str, what: &str| {
            let int8 = figure(&format!("{network} {what}"));
            let int4 = figure(&format!("{network} int4 {what}"));
            match (int8, int4) {
                (Some(int8), Some(int4)) => format!("{:.2}", int4 as f64 / int8 as f64),
                _ => "too large".to_owned(),
            }
        };
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            core.name(),
            ratio("abcd", "layer 0"),
            ratio("abcd", "layer 1"),
            ratio("abcd", "layer 2"),
            ratio("abcd", "layer 3"),
            ratio("fg", "layer 2"),
            ratio("nano", "instructions"),
            ratio("micro-plain", "instructions"),
            ratio("micro", "instructions"),
            figure("micro int4 stack").unwrap_or(0),
        );
    }
    text
}
