//! `pixling-sim check`.

use super::arguments::Check;
use super::{Verdict, json, print};
use crate::check::{self, Finding, Golden, Place};
use crate::{Error, ModelFile};
use pixling_io::classes_named;
use std::path::PathBuf;

/// The pictures that `--update` records where nothing is said and nothing was recorded.
const SEEDS: [u64; 3] = [1, 2, 3];
const TEMPERATURES: [u16; 1] = [100];

pub(crate) fn check(arguments: &Check) -> Result<Verdict, Error> {
    let file = ModelFile::read(&arguments.model)?;
    let model = file.model()?;
    check_outputs(arguments)?;
    if arguments.update {
        let golden = record(arguments, &file)?;
        golden.write(&arguments.golden)?;
        print(&format!(
            "{} pictures recorded in {}\n",
            golden.samples.len(),
            arguments.golden.display()
        ))?;
        return Ok(Verdict::Good);
    }
    let golden = Golden::read(&arguments.golden)?;
    let mut findings = check::compare(&file, &golden, Place::Desktop)?;
    for &core in &arguments.core {
        findings.extend(check::compare(&file, &golden, Place::Core(core))?);
    }
    let folder = arguments.pictures.clone().unwrap_or_else(|| {
        let mut name = arguments.golden.clone().into_os_string();
        name.push(".changes");
        PathBuf::from(name)
    });
    let pictures = check::write_pictures(&folder, &golden, &findings, &model)?;
    if let Some(path) = &arguments.junit {
        pixling_io::write(path, check::junit(&findings)?.as_bytes())?;
    }
    print(&if arguments.json {
        json(&findings)
    } else {
        words(&findings, &pictures)
    })?;
    Ok(Verdict::of(findings.iter().all(|it| it.same)))
}

/// The recorded pictures are an input, or else, with `--update`, the output.
fn check_outputs(arguments: &Check) -> Result<(), Error> {
    let (model, golden) = (&*arguments.model, &*arguments.golden);
    let junit = arguments.junit.as_deref();
    match arguments.update {
        true => pixling_io::check_outputs([golden], [model])?,
        false => pixling_io::check_outputs(junit, [model, golden])?,
    }
    Ok(())
}

fn record(arguments: &Check, file: &ModelFile) -> Result<Golden, Error> {
    let model = file.model()?;
    let asks = !arguments.seed.is_empty()
        || !arguments.temperature.is_empty()
        || arguments.class.is_some();
    if !asks && arguments.golden.exists() {
        return Golden::read(&arguments.golden)?.record_again(&model);
    }
    let classes = classes_named(&file.labels()?, arguments.class.as_deref())?;
    let seeds = match &arguments.seed[..] {
        [] => &SEEDS,
        seeds => seeds,
    };
    let temperatures = match &arguments.temperature[..] {
        [] => &TEMPERATURES,
        temperatures => temperatures,
    };
    let drawn = seeds
        .iter()
        .flat_map(|&seed| temperatures.iter().map(move |&it| (seed, it)));
    let pictures = classes.iter().flat_map(|&class| {
        let drawn = drawn.clone();
        drawn.map(move |(seed, temperature)| (class, seed, temperature))
    });
    Golden::record(&model, pictures)
}

fn words(findings: &[Finding], pictures: &[PathBuf]) -> String {
    let changed: Vec<&Finding> = findings.iter().filter(|it| !it.same).collect();
    let mut text = String::new();
    for finding in &changed {
        text += &format!(
            "changed on {}: {}, checksum {} expected, {} found, {} bytes differ\n",
            finding.place, finding.name, finding.expected, finding.found, finding.different_bytes
        );
    }
    for path in pictures {
        text += &format!("{}\n", path.display());
    }
    text + &format!("{} of {} pictures changed\n", changed.len(), findings.len())
}
