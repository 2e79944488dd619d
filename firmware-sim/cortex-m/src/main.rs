//! Draws pictures on a Cortex-M with the model from a flash partition of its own, and measures what that takes.
//!
//! The semihosting command line holds requests, `CLASS:SEED:STYLE:Z_S_PERCENT:Z_U_PERCENT` each. The report goes to the
//! semihosting console in lines of words, a name first. Once per boot: `firmware VERSION`, `arena BYTES`,
//! `calibration INSTRUCTIONS TICKS` twice, `load ok|refused`, `self-test ok|failed`. Per request: `picture CLASS SEED`,
//! `ticks N`, `touched BYTES`, `stack BYTES`, `repeated same|different`, `layer STEPS TICKS` for each, `pixels HEX`. At the end `done`, or
//! `error ...` with a reason.
//!
//! Nothing formats with `core::fmt`, nothing allocates: what the image weighs is the runtime.
#![no_std]
#![no_main]

mod arena;
mod board;
mod counter;
mod drawing;
mod failure;
mod model;
mod report;
mod request;
mod stack;

use arena::Arena;
use cortex_m_rt::entry;
use pixling::Model;
use report::Report;

/// The version of the report; the host refuses another.
const VERSION: u32 = 2;

/// Room for the requests of one boot. The host boots again for more.
const COMMAND_LINE_BYTES: usize = 1024;

#[entry]
fn main() -> ! {
    // `entry` makes these two into `&'static mut`: they lie in .bss and never on the stack.
    static mut ARENA: Arena = Arena::new();
    static mut COMMAND_LINE: [u8; COMMAND_LINE_BYTES] = [0; COMMAND_LINE_BYTES];

    let mut report = Report::open();
    report.entry("firmware").number(VERSION).end();
    report.entry("arena").number(Arena::BYTES as u32).end();
    counter::calibrate(&mut report);

    let Ok(model) = Model::load(model::partition()) else {
        report.entry("load").word("refused").end();
        report.done()
    };
    report.entry("load").word("ok").end();
    if model.arena_bytes() > Arena::BYTES {
        report
            .entry("error arena-too-small")
            .number(model.arena_bytes() as u32)
            .number(Arena::BYTES as u32)
            .end();
        report.fail()
    }
    let tested = model.self_test(ARENA.first(model.arena_bytes()));
    let word = if tested.is_ok() { "ok" } else { "failed" };
    report.entry("self-test").word(word).end();

    for text in request::command_line(COMMAND_LINE).split(|&byte| byte == b' ') {
        if text.is_empty() {
            continue;
        }
        match request::parse(text) {
            Some(request) => drawing::draw(&model, &request, ARENA, &mut report),
            None => {
                report.entry("error bad-request").bytes(text).end();
                report.fail()
            }
        }
    }
    report.done()
}
