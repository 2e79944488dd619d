//! `pixling-sim boards`.

use super::arguments::Boards;
use super::{Verdict, json, print};
use crate::emulate::{self, Core, Firmware, Flavour, Machine};
use crate::table::{columns, grouped};
use crate::{Error, ModelFile, PictureRequest};
use pixling::Way;
use pixling_boards::{Catalog, CoreProfile, Demand, Fit, InstructionSource, Measured, Part};
use std::time::Duration;

pub(crate) fn boards(arguments: &Boards) -> Result<Verdict, Error> {
    let file = ModelFile::read(&arguments.model)?;
    let demand = Demand::from(&file.model()?);
    let catalog = Catalog::with_file(arguments.boards.as_deref())?;
    let measured = if arguments.recorded {
        Measured::nothing()
    } else {
        let cores = catalog
            .boards()
            .iter()
            .map(|board| catalog.core(&board.core));
        let cores: Vec<&CoreProfile> = cores.collect::<Result<_, _>>()?;
        Measured::count(cores, |core| {
            count(&file, core).map_err(|error| error.to_string())
        })
    };
    let fits = catalog.fits(&demand, arguments.display.as_deref(), &measured)?;
    print(&if arguments.json {
        json(&fits)
    } else {
        table(&fits, &measured.reasons())
    })?;
    Ok(Verdict::Good)
}

/// The instructions of a picture of the first class on an emulated core.
fn count(file: &ModelFile, core: &str) -> Result<u64, Error> {
    let core = Core::named(core)?;
    let machine = Machine {
        timeout: Duration::from_secs(60),
        ..Machine::new(core)
    };
    // Before compiling for a minute in vain.
    emulate::check_qemu(&machine, core.profile())?;
    let firmware = Firmware::read(&emulate::build_without_installing(core, Flavour::Runtime)?)?;
    let request = PictureRequest {
        class: 0,
        seed: 1,
        style: 1,
        z_s_percent: 100,
        z_u_percent: 100,
        way: Way::Joint,
    };
    let outcomes = emulate::emulate(file, &[request], &firmware, &machine)?;
    Ok(outcomes.first().map_or(0, |outcome| outcome.instructions))
}

/// The boards in columns, below them what would make the others fit, and how the time was estimated.
fn table(fits: &[Fit], reasons: &[&str]) -> String {
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
    let mut text = columns(&rows, &[4, 5, 6, 7, 8, 9]);
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
