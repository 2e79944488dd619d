//! `pixling-sim boards`, against calculations by hand.

use crate::support::{Workplace, has_emulator};
use pixling_boards::Catalog;
use pixling_test_support::{MICRO, Network};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

fn boards(workplace: &Workplace, more: &[&str]) -> Value {
    let mut arguments = vec!["boards", "model.pxl", "--recorded", "--json"];
    arguments.extend(more);
    let output = workplace.run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn board<'v>(boards: &'v Value, name: &str) -> &'v Value {
    let all = boards.as_array().unwrap();
    all.iter().find(|it| it["board"] == name).unwrap()
}

/// The model: 28x28 grey, decoder 7x7x32, 14x14x16, 28x28x8, 28x28x1. Multiply-accumulates: dense 32 * 1568 = 50,176;
/// transposed 3,136 * 4 * 32 = 401,408 and 6,272 * 4 * 16 = 401,408; convolution 784 * 9 * 8 = 56,448; in all 909,440.
/// Arena: rows of cells of 8 bytes for four channels. The latent of 32: 8. Two rows of 7 and 2 columns of padding, 8 cells
/// each: 144. Two of 14 and 2, 4 cells: 128. Three of 28 and 2, 2 cells: 180. The row of the picture: 28. Together 488,
/// 3,904 bytes; notes on four layers and the row 5 * 56, alignment 3, the picture 784: 4,971.
const MACS: u64 = 909_440;
const ARENA: u64 = 4_971;

#[test]
fn a_microbit_by_hand() {
    let workplace = Workplace::new(&MICRO.file(0));
    let all = boards(&workplace, &[]);
    let fit = board(&all, "microbit");
    // RAM: arena 4,971, frame buffer 5 * 5 bytes, no row of errors for greys, application 1,536, stack 2,048.
    assert_eq!(fit["ram"]["needed"], ARENA + 25 + 1536 + 2048);
    assert_eq!(fit["ram"]["available"], 16 * 1024);
    assert_eq!(fit["fits"], true);
    // Time: 909,440 * 5.1 = 4,638,144 instructions, * 1.4 = 6,493,402 cycles, / 16 MHz = 405.84 ms.
    let estimate = &fit["estimate"];
    assert_eq!(estimate["instructions"]["count"], 4_638_144);
    assert_eq!(MACS * 51 / 10, 4_638_144);
    let milliseconds = estimate["milliseconds"].as_f64().unwrap();
    assert!((milliseconds - 405.84).abs() < 0.01, "{milliseconds}");
    let per_second = estimate["pictures_per_second"].as_f64().unwrap();
    assert!((per_second - 2.464).abs() < 0.001, "{per_second}");
}

#[test]
fn an_stm32f4_discovery_by_hand() {
    let workplace = Workplace::new(&MICRO.file(0));
    let all = boards(&workplace, &[]);
    let fit = board(&all, "stm32f4-discovery");
    // RAM: arena 4,971, frame buffer 240 * 240 * 2 = 115,200, application 1,536, stack 2,048: of 128 KiB 7,317 are left.
    assert_eq!(fit["ram"]["needed"], 123_755);
    assert_eq!(fit["ram"]["available"], 131_072);
    // Time: 909,440 * 1.2 = 1,091,328 instructions, * 1.6 = 1,746,125 cycles, / 168 MHz = 10.39 ms.
    let milliseconds = fit["estimate"]["milliseconds"].as_f64().unwrap();
    assert!((milliseconds - 10.39).abs() < 0.01, "{milliseconds}");
}

#[test]
fn what_does_not_fit_says_by_how_much_and_what_would() {
    let workplace = Workplace::new(&MICRO.file(0));
    let all = boards(&workplace, &["--display", "tft"]);
    let fit = board(&all, "microbit");
    assert_eq!(fit["fits"], false);
    assert_eq!(fit["ram"]["short_by"], 123_755 - 16_384);
    let suggestion = fit["suggestions"][0].as_str().unwrap();
    assert!(suggestion.contains("--display e-paper"), "{suggestion}");
    // The suggestions do fit.
    let all = boards(&workplace, &["--display", "e-paper"]);
    assert_eq!(board(&all, "microbit")["ram"]["short_by"], 0);

    let output = workplace.run(&["boards", "model.pxl", "--recorded", "--display", "tft"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("short of 107,371 bytes of RAM"), "{text}");
    assert!(text.contains("estimates, not measurements"), "{text}");
}

/// The numbers of a region of a linker script.
fn region(memory_map: &str, name: &str) -> (u32, u32) {
    let lines = memory_map.lines().map(str::trim);
    let line = lines
        .filter_map(|line| line.strip_prefix(name))
        .find_map(|line| line.split_once("ORIGIN ="));
    let (origin, length) = line.unwrap().1.split_once(", LENGTH =").unwrap();
    let number = |text: &str| {
        let text = text.trim();
        let (digits, unit) = match text.split_at(text.len() - 1) {
            (digits, "K") => (digits, 1 << 10),
            (digits, "M") => (digits, 1 << 20),
            _ => (text, 1),
        };
        let hexadecimal = digits.strip_prefix("0x");
        let number = hexadecimal.map_or(digits.parse(), |it| u32::from_str_radix(it, 16));
        number.unwrap() * unit
    };
    (number(origin), number(length))
}

#[test]
fn the_memory_map_of_each_firmware_keeps_the_partition_of_the_catalog() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/boards"));
    let mut count = 0;
    for board in Catalog::embedded().boards() {
        let Some(partition) = &board.partition else {
            continue;
        };
        let texts = ["memory.x", "model.x"]
            .map(|name| std::fs::read_to_string(folder.join(&board.name).join(name)));
        let text = texts.into_iter().find_map(Result::ok).unwrap();
        let place = (partition.address, partition.bytes);
        assert_eq!(region(&text, "MODEL"), place, "{}", board.name);
        count += 1;
    }
    assert_eq!(count, 7);
}

#[test]
fn a_file_adds_a_board() {
    let workplace = Workplace::new(&MICRO.file(0));
    let mine = "[[board]]\nname = \"mine\"\ntitle = \"Mine\"\ncore = \"Cortex-M4\"\nclock_hz = 1_000_000\n\
                flash = 65536\nram = 8345\ndisplay = \"oled\"\nbuttons = []\nsource = \"my own\"\n";
    std::fs::write(workplace.path("mine.toml"), mine).unwrap();
    let all = boards(&workplace, &["--boards", "mine.toml"]);
    let fit = board(&all, "mine");
    // Short of RAM: 4,971 + 1,024 + 2 * 128 + 1,536 + 2,048 = 9,835.
    assert_eq!(fit["ram"]["short_by"], 9_835 - 8_345);
    let suggestion = fit["suggestions"].as_array().unwrap().last().unwrap();
    let suggestion = suggestion.as_str().unwrap();
    assert!(suggestion.contains("at most 3481 bytes"), "{suggestion}");
}

#[test]
fn the_board_of_the_ci_guide_works() {
    let guide = include_str!("../../../docs/ci.md");
    let start = guide.find("[[display]]").unwrap();
    let toml = guide[start..].split("```").next().unwrap();
    let workplace = Workplace::new(&MICRO.file(0));
    std::fs::write(workplace.path("mine.toml"), toml).unwrap();
    let all = boards(&workplace, &["--boards", "mine.toml"]);
    assert_eq!(board(&all, "mine")["fits"], true);
    let output = workplace.run(&[
        "run",
        "model.pxl",
        "--boards",
        "mine.toml",
        "--board",
        "mine",
        "--script",
        "press right; press left; shot a.png",
    ]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(workplace.files(), ["a.png", "mine.toml", "model.pxl"]);
}

#[test]
fn recorded_instructions_are_near_the_counted_ones() {
    if !has_emulator() {
        return;
    }
    are_near(&MICRO.file(0));
    are_near(&Network::micro().in_four_bits(u32::MAX).file(0));
}

fn are_near(file: &[u8]) {
    let workplace = Workplace::new(file);
    let macs = pixling::Model::load(file).unwrap().macs();
    let recorded = boards(&workplace, &[]);
    let output = workplace.run(&["boards", "model.pxl", "--json"]);
    let counted: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (recorded, counted) in recorded
        .as_array()
        .unwrap()
        .iter()
        .zip(counted.as_array().unwrap())
    {
        // A core that could not be emulated would be compared with itself.
        let source = &counted["estimate"]["instructions"]["source"];
        assert!(source["emulated"].is_string(), "{counted}");
        let count = |it: &Value| it["estimate"]["instructions"]["count"].as_f64().unwrap();
        let ratio = count(recorded) / count(counted);
        assert!(
            (0.8..1.25).contains(&ratio),
            "{}: record {:.1} instructions per multiply-accumulate in catalog/cores.toml",
            counted["core"],
            count(counted) / macs as f64
        );
    }
}

/// With this choice, which `pixling-sim boards` makes, a compiler that is missing is told and not fetched. The script is a
/// copy, so that no compiler is beside it.
#[test]
fn no_compiler_is_installed_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("tools/cross");
    std::fs::create_dir(folder.path().join("tools")).unwrap();
    let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/cross");
    std::fs::write(&script, std::fs::read(original).unwrap()).unwrap();
    // Of no board here: nobody has installed it.
    let output = Command::new("bash")
        .arg(&script)
        .args(["build", "--target", "armv7r-none-eabihf"])
        .env("CROSS_COMPILER", "installed")
        .output()
        .unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    let told = "no compiler for armv7r-none-eabihf is installed: run 'tools/cross --setup armv7r-none-eabihf'";
    assert!(message.contains(told), "{message}");
    assert!(!message.contains("rustup target add"), "{message}");
    assert!(!folder.path().join(".cross").exists());
}
