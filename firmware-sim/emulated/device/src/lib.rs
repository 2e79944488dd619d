//! Draws pictures with the model from a flash partition of its own, and measures what that takes. The same on every
//! core; a [`Machine`] is what differs.
//!
//! The semihosting command line holds requests, `CLASS:SEED:STYLE:Z_S_PERCENT:Z_U_PERCENT` each. The report goes to the
//! semihosting console in lines of words, a name first. Once per boot: `firmware VERSION`, `arena BYTES`,
//! `calibration INSTRUCTIONS TICKS` twice, `load ok|refused`, `self-test ok|failed`. Per request: `picture CLASS SEED`,
//! `ticks N`, `touched BYTES`, `stack BYTES`, `repeated same|different`, `layer STEPS TICKS` for each, `pixels HEX`. At
//! the end `done`, or `error ...` with a reason. With the feature `application` a request may also be `app:...`, see
//! `PlayRequest`: then `frame HEX` per shot and `application-stack BYTES`. With the feature `paged` a self test draws
//! through a driver and the smallest buffer as well. With the feature `signed` a request may also be `update`: then
//! `update ok|unsigned|wrong-signature|failed TICKS STACK` twice.
//!
//! Nothing formats with `core::fmt`, nothing allocates: the image is the runtime and little else.
#![no_std]

#[cfg(feature = "application")]
mod application;
mod arena;
mod assembly;
mod console;
mod counter;
mod drawing;
mod failure;
mod machine;
#[cfg(feature = "paged")]
mod paged;
mod report;
mod stack;
#[cfg(feature = "signed")]
mod update;

pub use arena::{ARENA_BYTES, Arena, FRAME_BYTES, Memory};
pub use failure::fail;
pub use machine::Machine;
pub use pixling_app::COMMAND_LINE_BYTES;

use pixling::Model;
use pixling_app::PictureRequest;
#[cfg(feature = "application")]
use pixling_app::PlayRequest;
use pixling_partition::partition;
use report::Report;

/// The version of the report; the host refuses another.
const VERSION: u32 = 2;

/// Draws what the command line asks for, which must fit `command_line`.
pub fn run<M: Machine>(mut arena: Arena<'_>, command_line: &mut [u8]) -> ! {
    let arena = &mut arena;
    let mut report = Report::open();
    report.entry("firmware").number(VERSION).end();
    report.entry("arena").number(arena.bytes() as u32).end();
    M::start_counter();
    counter::calibrate::<M>(&mut report);

    // A partition may hold several files, one after the other: all of them are tested, the first is drawn from.
    let Ok(model) = Model::load(partition()) else {
        report.entry("load").word("refused").end();
        report.done()
    };
    report.entry("load").word("ok").end();
    if model.arena_bytes() > arena.bytes() {
        report
            .entry("error arena-too-small")
            .number(model.arena_bytes() as u32)
            .number(arena.bytes() as u32)
            .fail()
    }
    self_tests(arena, &mut report);

    for text in console::command_line(command_line).split(|&byte| byte == b' ') {
        if text.is_empty() {
            continue;
        }
        #[cfg(feature = "application")]
        if let Some(play) = PlayRequest::parse(text) {
            let Some((play, script)) = play else {
                report.entry("error bad-request").bytes(text).fail()
            };
            let (arena, rest) = arena.split(model.arena_bytes());
            application::play(&model, &play, script, arena, rest, &mut report);
            continue;
        }
        #[cfg(feature = "signed")]
        if text == update::REQUEST {
            update::measure::<M>(partition(), &model, arena, &mut report);
            continue;
        }
        match PictureRequest::parse(text) {
            Some(request) => drawing::draw::<M>(&model, &request.to_request(), arena, &mut report),
            None => report.entry("error bad-request").bytes(text).fail(),
        }
    }
    report.done()
}

/// Draws the golden pictures of all files in the partition. Not inlined: its models are on the stack only meanwhile.
#[inline(never)]
fn self_tests(arena: &mut Arena<'_>, report: &mut Report) {
    let mut rest = partition();
    while let Ok(model) = Model::load(rest) {
        let passed = model.self_test(arena.first(model.arena_bytes())).is_ok();
        #[cfg(feature = "paged")]
        let passed = {
            let before = partition().len() - rest.len();
            passed && paged::self_test(partition(), before, &model, arena)
        };
        let word = if passed { "ok" } else { "failed" };
        report.entry("self-test").word(word).end();
        rest = rest.get(model.file_bytes()..).unwrap_or_default();
    }
}
