//! The boards' own firmware in emulators that this project did not write, against the simulator: `rp2040js` for the Pico and
//! Unicorn for the others, with the scripts in `boards/emulators`. A script knows nothing but hardware; models, presses
//! and expected frames are here.

mod board;
mod log;
mod simulated;

use board::{
    Board, DISCOVERY, DK, ESP32_C3, MICROBIT, NUCLEO, Outcome, PICO, PICO_2, Press, Scenario,
    Screen,
};
use pixling::Model;
use pixling_app::TICKS_PER_SECOND;
use pixling_boards::Catalog;
use pixling_test_support::MICRO;
use serde_json::json;
use simulated::{message, pictures};

const SMALL: &[u8] = include_bytes!("../../../../tests/golden/format-3.pxl");

/// When every board shows its first picture.
const READY_MS: u32 = 1000;

/// Presses one after the other, from a time on, with pauses: a button, for how long it is down, and for how long it is
/// not. Returns also when the last pause ends.
fn presses(from_ms: u32, each: impl IntoIterator<Item = (char, u32, u32)>) -> (Vec<Press>, u32) {
    let mut at = from_ms;
    let all = each.into_iter().map(|(button, down, up)| {
        let press = Press {
            button,
            from_ms: at,
            to_ms: at + down,
        };
        at += down + up;
        press
    });
    (all.collect(), at)
}

/// Goes to the next mode, and waits until the new picture is there.
fn next_mode(board: &Board, wait_ms: u32) -> (char, u32, u32) {
    match board.has_b {
        true => ('B', 100, wait_ms),
        false => ('A', 700, wait_ms),
    }
}

fn scenario<'m>(model: Option<&'m [u8]>, presses: &[Press], end_ms: u32) -> Scenario<'m> {
    Scenario {
        model,
        presses: presses.to_vec(),
        end_ms,
        slow: 1,
        display_from_ms: Some(0),
    }
}

/// All that was shown but black, which displays show first.
fn shown(outcome: &Outcome) -> Vec<&[u8]> {
    let frames = outcome.frames.iter().map(|(_, frame)| &**frame);
    frames
        .skip_while(|frame| frame.iter().all(|byte| *byte == 0))
        .collect()
}

fn is_clean(outcome: &Outcome) {
    assert_eq!(outcome.report["faults"], json!([]));
}

/// The last picture is the same as the simulator's, however the board got there.
fn ends_like(board: &Board, outcome: &Outcome, model: &[u8], presses: &[Press], end_ms: u32) {
    is_clean(outcome);
    let expected = pictures(board, model, presses, end_ms);
    let last = *shown(outcome).last().expect("something is shown");
    assert!(last == expected.last().unwrap().1, "{}", board.name);
}

/// The first picture, three times A, a button that is held, the next mode, another style.
fn shows_what_the_simulator_shows(board: &Board) {
    if !board.can_run() {
        return;
    }
    let steps = [
        ('A', 100, 300),
        ('A', 100, 300),
        ('A', 100, 300),
        ('A', 700, 300),
        ('A', 100, 300),
    ];
    let (presses, end_ms) = presses(READY_MS, steps);
    let scenario = scenario(Some(SMALL), &presses, end_ms);
    let outcome = board.run(&scenario);
    is_clean(&outcome);
    // Times as well: nothing depends on the machine that the emulator runs on.
    assert!(board.run(&scenario) == outcome, "{}", board.name);
    let mut expected = pictures(board, SMALL, &presses, end_ms);
    assert_eq!(expected.len(), 6);
    if board.screen == Screen::Leds {
        // Modes look the same there.
        expected.dedup_by(|one, other| one.1 == other.1);
        assert_eq!(expected.len(), 4);
    }
    let shown = shown(&outcome);
    assert_eq!(shown.len(), expected.len(), "{}", board.name);
    for (n, (shown, (_, expected))) in shown.iter().zip(&expected).enumerate() {
        assert!(shown == expected, "{}: picture {n}", board.name);
    }
    asked_for_what_is_wired(board, &outcome);
    has_the_size_of_the_table(board);
}

/// The catalog says how much flash a firmware leaves for a model.
fn has_the_size_of_the_table(board: &Board) {
    let catalog = Catalog::embedded();
    let flash = catalog.board(board.name).unwrap().flash;
    let counted = flash - catalog.flash_for_model(board.name).unwrap();
    assert!(board.flash_bytes() <= counted, "{}", board.name);
}

/// Pins, speeds and pull-ups, as the first lines of each firmware and the data sheets have them.
fn asked_for_what_is_wired(board: &Board, outcome: &Outcome) {
    let asked = &outcome.report["asked"];
    let number = |name: &str| asked[name].as_f64().unwrap();
    let (up, down) = (
        json!({"up": true, "down": false}),
        json!({"up": false, "down": true}),
    );
    match board.name {
        "pico" | "pico2" => {
            let (core_hz, bus_hz) = match board.name {
                "pico" => (125e6, 390e3..=400e3),
                // Its script counts the cycles that the chip adds to each bit.
                _ => (150e6, 370e3..=400e3),
            };
            assert_eq!(number("core_hz"), core_hz);
            assert!(bus_hz.contains(&number("bus_hz")), "{asked}");
            assert_eq!((&asked["button_a"], &asked["button_b"]), (&up, &up));
            assert_eq!(outcome.report["led"], json!([false]));
            assert_eq!(outcome.report["unanswered"], json!([]));
        }
        "stm32f4-discovery" => {
            assert_eq!((number("core_hz"), number("bus_hz")), (168e6, 21e6));
            assert_eq!(asked["button"], down);
        }
        "nucleo-h743" => {
            assert_eq!((number("core_hz"), number("bus_hz")), (400e6, 25e6));
            assert_eq!(asked["button"], down);
        }
        "nrf52840-dk" => {
            assert_eq!((&asked["button_a"], &asked["button_b"]), (&up, &up));
            assert_eq!(outcome.report["ring_bytes"], 4096);
            // It sets its reset pin on a blank chip, which takes a reset.
            assert_eq!(outcome.report["resets"], 1);
            // `info!` is printed.
            let model = Model::load(SMALL).unwrap();
            let line = format!("{}: {} classes", model.name(), model.classes());
            assert_eq!(outcome.lines, [line]);
        }
        "esp32-c3" => {
            assert_eq!((number("core_hz"), number("bus_hz")), (160e6, 40e6));
            assert_eq!(asked["button"], up);
        }
        _ => {}
    }
    if board.screen == Screen::Tft {
        // Its memory is noise at first, which nobody sees.
        assert_eq!(outcome.report["noise_at_first"], false);
    }
}

/// Another file in the same flash, by the same firmware; erased flash; a file with a damaged byte.
fn draws_from_its_partition_and_says_if_it_cannot(board: &Board) {
    if !board.can_run() {
        return;
    }
    let other = MICRO.file(0);
    let outcome = board.run(&scenario(Some(&other), &[], READY_MS + 2500));
    ends_like(board, &outcome, &other, &[], 100);

    let mut damaged = SMALL.to_vec();
    damaged[SMALL.len() / 2] ^= 1;
    let reason = Model::load(&damaged).unwrap_err().to_string();
    let missing = "no model in its partition: bring one with tools/flash";
    for (model, words) in [(None, missing), (Some(&*damaged), &*reason)] {
        let outcome = board.run(&scenario(model, &[], READY_MS));
        if board.screen == Screen::Log {
            let line = outcome.lines.join(" ");
            assert!(line.contains("no model: ") && line.contains(" bring one with tools/flash"));
            // It stops by an instruction that is none.
            assert_eq!(outcome.report["faults"].as_array().unwrap().len(), 1);
            continue;
        }
        is_clean(&outcome);
        let last = *shown(&outcome).last().expect("it says so");
        assert!(
            last == message(board.screen, words),
            "{}: {words}",
            board.name
        );
    }
}

/// On a core so slow that a tenth of the pictures of a morph is drawn, it takes the same second. Ten short presses during it
/// are ten, and a button is held for the same time as ever.
fn keeps_time_while_it_draws(board: &Board, slow: u32) {
    if !board.can_run() {
        return;
    }
    let ready = READY_MS + 1500;
    let model = MICRO.file(0);
    let on_slow_core = |presses: &[Press], end_ms| Scenario {
        slow,
        ..scenario(Some(&model), presses, end_ms)
    };
    let into_morph = [next_mode(board, 800), next_mode(board, 0)];

    let (start, at) = presses(ready, into_morph);
    let end_ms = at + 1900;
    // On 25 LEDs the pictures of a morph cannot be told apart.
    if board.screen != Screen::Leds {
        let outcome = board.run(&on_slow_core(&start, end_ms));
        takes_a_second(board, &outcome, &pictures(board, &model, &start, end_ms));
    }

    ten_presses_in_a_morph_are_ten(board, slow);

    // Held for less than 0.6 seconds it is a press, which stays in the mode, and for more it is none.
    let holds = [('A', 0, 300), ('A', 500, 300), ('A', 700, 1500)];
    let (all, at) = presses(ready, into_morph.into_iter().chain(holds));
    let outcome = board.run(&on_slow_core(&all, at));
    ends_like(board, &outcome, &model, &all, at);
}

/// Ten presses of 50 ms, and then the next mode, whose picture stays.
fn ten_presses_in_a_morph_are_ten(board: &Board, slow: u32) {
    if !board.can_run() {
        return;
    }
    let model = MICRO.file(0);
    let ten = std::iter::repeat_n(('A', 50, 50), 10);
    let into_morph = [next_mode(board, 800), next_mode(board, 300)];
    let steps = into_morph.into_iter().chain(ten);
    let (presses, at) = presses(
        READY_MS + 1500,
        steps.chain([('A', 0, 200), ('A', 700, 1500)]),
    );
    let outcome = board.run(&Scenario {
        slow,
        ..scenario(Some(&model), &presses, at)
    });
    ends_like(board, &outcome, &model, &presses, at);
}

/// Compares a morph with the simulator's, which draws at every tick: each picture is one of those, and came at its time.
fn takes_a_second(board: &Board, outcome: &Outcome, expected: &[simulated::Shown]) {
    const TICK_MS: f64 = 1000.0 / TICKS_PER_SECOND as f64;
    is_clean(outcome);
    // Before the morph: the first picture and the next mode.
    let (_, standing) = &expected[1];
    let morph = &expected[2..];
    assert!(morph.len() > 30);
    let before = outcome
        .frames
        .iter()
        .position(|(_, frame)| frame == standing);
    let drawn = &outcome.frames[before.unwrap() + 1..];
    let (mut earliest, mut latest) = (f64::MIN, f64::MAX);
    let mut first = 0;
    let mut times = Vec::new();
    for (ms, frame) in drawn {
        let place = morph[first..].iter().position(|(_, it)| it == frame);
        first += place.unwrap_or_else(|| panic!("{}: another picture at {ms}", board.name));
        let after = morph[first..].iter().find(|(_, it)| it != frame);
        // When the morph began and how long a picture takes are not known, but their sum is the same for all.
        let from = f64::from(morph[first].0) * TICK_MS;
        let to = after.map_or(f64::MAX, |(tick, _)| f64::from(*tick) * TICK_MS);
        (earliest, latest) = (earliest.max(ms - to), latest.min(ms - from));
        times.push((*ms, morph[first].0 - morph[0].0));
    }
    let in_a_second = times.iter().filter(|(ms, _)| *ms < times[0].0 + 1000.0);
    let pictures = in_a_second.count();
    println!("{}: {pictures} pictures in a second: {times:?}", board.name);
    assert!((2..=5).contains(&pictures), "{times:?}");
    assert!(times.last().unwrap().1 >= 25, "{times:?}");
    assert!(earliest < latest + 60.0, "{earliest} {latest} {times:?}");
}

#[test]
fn a_pico_shows_what_the_simulator_shows() {
    shows_what_the_simulator_shows(&PICO);
}

#[test]
fn a_pico_draws_from_its_partition_and_says_if_it_cannot() {
    draws_from_its_partition_and_says_if_it_cannot(&PICO);
}

#[test]
fn a_pico_keeps_time_while_it_draws() {
    keeps_time_while_it_draws(&PICO, 3);
}

#[test]
fn a_pico_2_shows_what_the_simulator_shows() {
    shows_what_the_simulator_shows(&PICO_2);
}

#[test]
fn a_pico_2_draws_from_its_partition_and_says_if_it_cannot() {
    draws_from_its_partition_and_says_if_it_cannot(&PICO_2);
}

#[test]
fn a_pico_2_notices_ten_presses_in_a_morph() {
    ten_presses_in_a_morph_are_ten(&PICO_2, 12);
}

#[test]
#[ignore = "long: tools/test --long"]
fn a_pico_2_keeps_time_while_it_draws() {
    keeps_time_while_it_draws(&PICO_2, 12);
}

#[test]
fn a_discovery_shows_what_the_simulator_shows() {
    shows_what_the_simulator_shows(&DISCOVERY);
}

#[test]
fn a_discovery_draws_from_its_partition_and_says_if_it_cannot() {
    draws_from_its_partition_and_says_if_it_cannot(&DISCOVERY);
}

#[test]
fn a_discovery_notices_ten_presses_in_a_morph() {
    ten_presses_in_a_morph_are_ten(&DISCOVERY, 2);
}

#[test]
#[ignore = "long: tools/test --long"]
fn a_discovery_keeps_time_while_it_draws() {
    keeps_time_while_it_draws(&DISCOVERY, 2);
}

#[test]
fn a_nucleo_shows_what_the_simulator_shows() {
    shows_what_the_simulator_shows(&NUCLEO);
}

#[test]
fn a_nucleo_draws_from_its_partition_and_says_if_it_cannot() {
    draws_from_its_partition_and_says_if_it_cannot(&NUCLEO);
}

#[test]
fn a_nucleo_notices_ten_presses_in_a_morph() {
    ten_presses_in_a_morph_are_ten(&NUCLEO, 10);
}

#[test]
#[ignore = "long: tools/test --long"]
fn a_nucleo_keeps_time_while_it_draws() {
    keeps_time_while_it_draws(&NUCLEO, 10);
}

#[test]
fn a_dk_shows_what_the_simulator_shows() {
    shows_what_the_simulator_shows(&DK);
}

#[test]
fn a_dk_draws_from_its_partition_and_says_if_it_cannot() {
    draws_from_its_partition_and_says_if_it_cannot(&DK);
}

#[test]
fn a_dk_keeps_time_while_it_draws() {
    keeps_time_while_it_draws(&DK, 8);
}

#[test]
fn an_esp32_c3_shows_what_the_simulator_shows() {
    shows_what_the_simulator_shows(&ESP32_C3);
}

#[test]
fn an_esp32_c3_draws_from_its_partition_and_says_if_it_cannot() {
    draws_from_its_partition_and_says_if_it_cannot(&ESP32_C3);
}

#[test]
fn an_esp32_c3_notices_ten_presses_in_a_morph() {
    ten_presses_in_a_morph_are_ten(&ESP32_C3, 2);
}

#[test]
#[ignore = "long: tools/test --long"]
fn an_esp32_c3_keeps_time_while_it_draws() {
    keeps_time_while_it_draws(&ESP32_C3, 2);
}

#[test]
fn a_micro_bit_shows_what_the_simulator_shows() {
    shows_what_the_simulator_shows(&MICROBIT);
}

#[test]
fn a_micro_bit_draws_from_its_partition_and_says_if_it_cannot() {
    draws_from_its_partition_and_says_if_it_cannot(&MICROBIT);
}

#[test]
fn a_micro_bit_keeps_time_while_it_draws() {
    keeps_time_while_it_draws(&MICROBIT, 1);
}

/// The supply of a display takes its time.
fn waits_for_its_display(board: &Board) {
    if !board.can_run() {
        return;
    }
    for late_ms in [20, 500] {
        let (presses, end_ms) = presses(READY_MS, [('A', 100, 300)]);
        let outcome = board.run(&Scenario {
            display_from_ms: Some(late_ms),
            ..scenario(Some(SMALL), &presses, end_ms)
        });
        ends_like(board, &outcome, SMALL, &presses, end_ms);
        assert_eq!(outcome.report["lit"], true);
        assert_eq!(outcome.report["led"], json!([false]));
        assert!(outcome.frames[0].0 < f64::from(late_ms) + 60.0);
    }
}

fn runs_without_a_display_and_says_so_once(board: &Board) {
    if !board.can_run() {
        return;
    }
    let (presses, end_ms) = presses(3000, [('A', 100, 300), ('A', 100, 300)]);
    let outcome = board.run(&Scenario {
        display_from_ms: None,
        ..scenario(Some(SMALL), &presses, end_ms)
    });
    is_clean(&outcome);
    assert!(outcome.frames.is_empty());
    assert_eq!(outcome.report["led"], json!([true]));
    // It tries for two seconds, and sends each of its three pictures.
    let unanswered = outcome.report["unanswered"].as_array().unwrap();
    let times: Vec<f64> = unanswered.iter().map(|it| it.as_f64().unwrap()).collect();
    assert_eq!(times.len(), 200 + 3);
    assert!((1990.0..2050.0).contains(&times[199]), "{}", times[199]);
    assert!(times[201] > 3100.0 && times[202] > 3500.0);
}

#[test]
fn a_pico_waits_for_its_display() {
    waits_for_its_display(&PICO);
}

#[test]
fn a_pico_without_a_display_says_so_once_and_runs() {
    runs_without_a_display_and_says_so_once(&PICO);
}

#[test]
fn a_pico_2_waits_for_its_display() {
    waits_for_its_display(&PICO_2);
}

#[test]
fn a_pico_2_without_a_display_says_so_once_and_runs() {
    runs_without_a_display_and_says_so_once(&PICO_2);
}
