//! The short run of every fuzz target, the same inputs each time; and what was found before.

use pixling_fuzz::{Mutator, TARGETS, Target};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Inputs become no longer: twice the longest seed but for the slots.
const MOST_BYTES: usize = 4200;

/// Runs a target, and leaves the input where it fails.
#[track_caller]
fn execute(target: &Target, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_ok() {
        return;
    }
    let name = format!("{}-{:08x}", target.name, crc32fast::hash(input));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&name);
    std::fs::write(&path, input).unwrap();
    panic!(
        "{} fails on {} bytes, see above: mend it, and keep {} as tests/fuzz/regressions/{}/{name}",
        target.name,
        input.len(),
        path.display(),
        target.name
    );
}

/// What is changed is accepted before, or every change is refused for the same reason.
#[test]
fn the_seeds_are_models() {
    let file = |seed: &Vec<u8>| {
        let mut file = pixling::write::seal(seed).unwrap();
        while pixling::Model::load(&file).is_err() {
            assert!(file[4] > pixling::OLDEST_FORMAT_VERSION as u8);
            file[4] -= 1;
        }
        file
    };
    for file in (pixling_fuzz::target("payload").unwrap().seeds)()
        .iter()
        .map(file)
    {
        let model = pixling::Model::load(&file).unwrap();
        let mut arena = vec![0; model.arena_bytes()];
        model.self_test(&mut arena).unwrap();
        let mut draw = |seed| {
            let request = pixling::Request::new(0, seed);
            model
                .generate(&request, &mut arena)
                .unwrap()
                .pixels()
                .to_vec()
        };
        let (mut one, other) = (draw(1), draw(2));
        assert_ne!(one, other, "{}", model.name());
        one.dedup();
        assert!(one.len() > 1, "{}", model.name());
    }
}

fn short_run(name: &str) {
    let target = pixling_fuzz::target(name).unwrap();
    for seed in &(target.seeds)() {
        execute(target, seed);
    }
    mutated(target, 0, target.executions);
}

/// The inputs of a round, each round others.
fn mutated(target: &Target, round: u64, executions: u32) {
    let seeds = (target.seeds)();
    let first = u64::from(crc32fast::hash(target.name.as_bytes()));
    let mut mutator = Mutator::new(first ^ round << 32, MOST_BYTES);
    for _ in 0..executions {
        execute(target, &mutator.mutated(&seeds));
    }
}

#[test]
#[ignore = "a minute: tools/test --long"]
fn a_million_more() {
    for target in &TARGETS {
        mutated(target, 1, 10 * target.executions);
    }
}

#[test]
fn the_envelope() {
    short_run("envelope");
}

#[test]
fn the_payload() {
    short_run("payload");
}

#[test]
fn the_slots() {
    short_run("slots");
}

#[test]
fn an_update() {
    short_run("update");
}

#[test]
fn idx_files() {
    short_run("idx");
}

#[test]
fn texts() {
    short_run("text");
}

#[test]
fn pictures() {
    short_run("picture");
}

#[test]
fn fonts() {
    short_run("font");
}

#[test]
fn they_are_a_hundred_thousand_executions() {
    let all: u32 = TARGETS.iter().map(|target| target.executions).sum();
    assert_eq!(all, 100_000);
}

/// `regressions/TARGET/` holds the inputs that once failed.
#[test]
fn what_was_found_before() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let Ok(targets) = folder.read_dir() else {
        return;
    };
    for entry in targets {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let target = pixling_fuzz::target(&name).expect("a folder of a target");
        for input in entry.path().read_dir().unwrap() {
            execute(target, &std::fs::read(input.unwrap().path()).unwrap());
        }
    }
}
