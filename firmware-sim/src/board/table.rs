//! The table of boards.

use super::estimate::InstructionSource;
use super::fit::{Fit, Part};
use crate::columns::{Align, columns, grouped};

/// The boards in columns, below them what would make the others fit, and how the time was estimated.
pub fn table(fits: &[Fit], reasons: &[&str]) -> String {
    let head = [
        "board",
        "core",
        "display",
        "fits",
        "flash",
        "of",
        "RAM",
        "of",
        "est. ms",
        "est. per s",
        "instructions",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(fits.iter().map(|fit| {
        [
            fit.board.clone(),
            fit.core.clone(),
            fit.display.clone(),
            verdict(fit),
            grouped(fit.flash.needed),
            grouped(fit.flash.available),
            grouped(fit.ram.needed),
            grouped(fit.ram.available),
            format!("{:.1}", fit.estimate.milliseconds),
            format!("{:.1}", fit.estimate.pictures_per_second),
            format!(
                "{} {}",
                grouped(fit.estimate.instructions.count),
                match &fit.estimate.instructions.source {
                    InstructionSource::Emulated(core) => format!("emulated {core}"),
                    InstructionSource::Recorded => "recorded".to_owned(),
                }
            ),
        ]
    }));
    let (left, right) = (Align::Left, Align::Right);
    let align = [
        left, left, left, left, right, right, right, right, right, right, left,
    ];
    let mut text = columns(&rows, align);
    for fit in fits.iter().filter(|fit| !fit.fits) {
        text += &format!(
            "\n{} fits with {}",
            fit.board,
            fit.suggestions.join("; and ")
        );
    }
    if fits.iter().any(|fit| !fit.fits) {
        text += "\n";
    }
    text +=
        "\nTimes are estimates, not measurements: instructions x cycles per instruction / clock.\n";
    for fit in fits {
        text += &format!("  {}: {}\n", fit.board, fit.estimate.formula);
    }
    for reason in reasons {
        text += &format!("Recorded instructions are used, because {reason}\n");
    }
    text
}

fn verdict(fit: &Fit) -> String {
    let short = |name: &str, part: &Part| {
        (part.short_by > 0).then(|| format!("{} bytes of {name}", grouped(part.short_by)))
    };
    let parts = [short("flash", &fit.flash), short("RAM", &fit.ram)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        "yes".to_owned()
    } else {
        format!("no, short of {}", parts.join(" and "))
    }
}
