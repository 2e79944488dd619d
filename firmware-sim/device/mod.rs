//! Draws pictures with the model from a flash partition of its own, and measures what that takes. The same on every
//! core; what differs is in `crate::port`.
//!
//! The semihosting command line holds requests, `CLASS:SEED:STYLE:Z_S_PERCENT:Z_U_PERCENT` each. The report goes to the
//! semihosting console in lines of words, a name first. Once per boot: `firmware VERSION`, `arena BYTES`,
//! `calibration INSTRUCTIONS TICKS` twice, `load ok|refused`, `self-test ok|failed`. Per request: `picture CLASS SEED`,
//! `ticks N`, `touched BYTES`, `stack BYTES`, `repeated same|different`, `layer STEPS TICKS` for each, `pixels HEX`. At
//! the end `done`, or `error ...` with a reason. With the feature `application` a request may also be `app:...`, see
//! `PlayRequest`: then `frame HEX` per shot and `application-stack BYTES`. With the feature `paged` a self test draws
//! through a driver and the smallest buffer as well.
//!
//! Nothing formats with `core::fmt`, nothing allocates: what the image weighs is the runtime.

#[cfg(feature = "application")]
mod application;
mod arena;
mod counter;
mod drawing;
mod model;
#[cfg(feature = "paged")]
mod paged;
mod panic;
mod report;
mod semihosting;
mod stack;

use crate::port;
pub(crate) use arena::Arena;
use pixling::Model;
use pixling_app::PictureRequest;
#[cfg(feature = "application")]
use pixling_app::PlayRequest;
pub(crate) use report::Report;

/// The version of the report; the host refuses another.
const VERSION: u32 = 2;

/// Draws what the command line asks for.
pub(crate) fn run(arena: &mut Arena, command_line: &mut [u8]) -> ! {
    let mut report = Report::open();
    report.entry("firmware").number(VERSION).end();
    report.entry("arena").number(Arena::BYTES as u32).end();
    port::start_counter();
    counter::calibrate(&mut report);

    // A partition may hold several files, one behind the other: all of them are tested, the first is drawn from.
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
    let mut rest = model::partition();
    while let Ok(model) = Model::load(rest) {
        let passed = model.self_test(arena.first(model.arena_bytes())).is_ok();
        #[cfg(feature = "paged")]
        let passed = {
            let before = model::partition().len() - rest.len();
            passed && paged::self_test(model::partition(), before, &model, arena)
        };
        let word = if passed { "ok" } else { "failed" };
        report.entry("self-test").word(word).end();
        rest = rest.get(model.file_bytes()..).unwrap_or_default();
    }

    for text in semihosting::command_line(command_line).split(|&byte| byte == b' ') {
        if text.is_empty() {
            continue;
        }
        #[cfg(feature = "application")]
        if let Some(play) = PlayRequest::parse(text) {
            let Some((play, script)) = play else {
                report.entry("error bad-request").bytes(text).end();
                report.fail()
            };
            let (arena, rest) = arena.split(model.arena_bytes());
            application::play(&model, &play, script, arena, rest, &mut report);
            continue;
        }
        match PictureRequest::parse(text) {
            Some(request) => drawing::draw(&model, &request.to_request(), arena, &mut report),
            None => {
                report.entry("error bad-request").bytes(text).end();
                report.fail()
            }
        }
    }
    report.done()
}
