//! One request: drawn twice, measured, drawn in steps, reported.

use crate::report::Report;
use crate::{Arena, Machine, counter, stack};
use pixling::{GenerateError, Model, Request, Step, limits::MAX_LAYERS};

/// The arena is painted with two colors, because a byte may happen to be written with the first.
const COLORS: [u8; 2] = [0xa5, 0x5a];

/// The cost of one drawing.
struct Cost {
    ticks: u32,
    touched: usize,
    stack: usize,
    checksum: u32,
}

/// Draws the request's picture and reports it. What it costs is the same both times, the contents of the arena before
/// it must not matter.
pub(crate) fn draw<M: Machine>(
    model: &Model<'_>,
    request: &Request,
    arena: &mut Arena<'_>,
    report: &mut Report,
) {
    report
        .entry("picture")
        .number(u32::from(request.class))
        .long(request.seed)
        .end();
    let [first, second] = COLORS.map(|color| measure::<M>(model, request, arena, color));
    let (Ok(first), Ok(second)) = (first, second) else {
        report.entry("error not-drawn").fail()
    };
    let same = first.checksum == second.checksum;
    report
        .entry("ticks")
        .number(first.ticks.max(second.ticks))
        .end();
    report
        .entry("touched")
        .number(first.touched.max(second.touched) as u32)
        .end();
    report
        .entry("stack")
        .number(first.stack.max(second.stack) as u32)
        .end();
    report
        .entry("repeated")
        .word(if same { "same" } else { "different" })
        .end();
    // Counting what was touched needed the whole arena, which ended the picture: draw it once more.
    layers::<M>(model, request, arena, report);
}

/// Not inlined: the stack is counted from its frame downwards.
#[inline(never)]
fn measure<M: Machine>(
    model: &Model<'_>,
    request: &Request,
    arena: &mut Arena<'_>,
    color: u8,
) -> Result<Cost, GenerateError> {
    arena.paint(color);
    let top = stack::paint();
    let buffer = arena.first(model.arena_bytes());
    let (picture, ticks) = counter::measure::<M, _>(|| model.generate(request, buffer));
    let stack = stack::used(top);
    let checksum = picture?.checksum();
    Ok(Cost {
        ticks,
        touched: arena.touched(color),
        stack,
        checksum,
    })
}

/// Draws in steps and reports what each layer takes, and the picture. Not inlined: its table of costs is on the stack only
/// while it is needed.
#[inline(never)]
fn layers<M: Machine>(
    model: &Model<'_>,
    request: &Request,
    arena: &mut Arena<'_>,
    report: &mut Report,
) {
    let Ok(mut drawing) = model.start(request, arena.first(model.arena_bytes())) else {
        report.entry("error not-started").fail()
    };
    let mut costs = [(0u32, 0u32); MAX_LAYERS as usize];
    loop {
        let (step, ticks) = counter::measure::<M, _>(|| drawing.step());
        let (Step::Layer(layer) | Step::Row(layer)) = step else {
            break;
        };
        let (steps, sum) = &mut costs[usize::from(layer)];
        *steps += 1;
        *sum += ticks;
    }
    for (steps, ticks) in costs.into_iter().take_while(|cost| cost.0 > 0) {
        report.entry("layer").number(steps).number(ticks).end();
    }
    report.entry("pixels").hex(drawing.finish().pixels()).end();
}
