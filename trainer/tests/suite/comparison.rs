//! `pixling compare` and the toy experiment.

use dfdx::prelude::Cpu;
use pixling_trainer::toy::{self, Experiment};
use serde_json::Value;
use std::fs;
use std::process::{Command, Output};

fn compare(out: &std::path::Path, epochs: &str, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pixling"))
        .args([
            "compare",
            "--quiet",
            "--preset",
            "nano",
            "--samples",
            "1000",
            "--data",
        ])
        .args([
            "strokes:digits,train=200,test=200",
            "--epochs",
            epochs,
            "--set",
            "loss.gan=20",
        ])
        .arg("--out")
        .arg(out)
        .args(more)
        .output()
        .unwrap()
}

#[test]
fn all_models_are_compared_and_what_is_finished_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("comparison");
    let output = compare(&out, "1", &[]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{message}");
    let text = fs::read_to_string(out.join("comparison.md")).unwrap();
    let json: Value =
        serde_json::from_slice(&fs::read(out.join("comparison.json")).unwrap()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 5);
    let names = ["vae", "cvae", "cvae-gan", "lr-livae", "lr-livae-gan"];
    for (name, model) in names.iter().zip(json.as_array().unwrap()) {
        assert!(text.contains(&format!("\n| {name} |")), "{name}: {text}");
        assert!(
            out.join("seed-1").join(name).join("samples.png").is_file(),
            "{name}"
        );
        assert_eq!(model["config"]["model"], *name);
        assert_eq!(model["steps"], 3);
        for figures in ["float", "quantized"] {
            let figures = &model["evaluation"][figures];
            for name in ["frechet_distance", "patch_distance"] {
                assert!(figures[name].as_f64() > Some(0.0), "{name}");
            }
            for name in ["precision", "recall"] {
                assert!(figures[name].is_number(), "{name}");
            }
        }
        let label_free = name.starts_with("lr-");
        let figures = &model["evaluation"]["quantized"];
        assert_eq!(figures["swap_accuracy"].is_number(), label_free, "{name}");
        assert_eq!(figures["z_u_leakage"].is_number(), *name != "vae", "{name}");
    }
    assert!(
        text.contains("\n| real pictures |") && text.contains("loses"),
        "{text}"
    );

    for column in [
        "precision (judge)",
        "recall (judge)",
        "distance of 7x7 patches",
    ] {
        // Of the files and of the float models.
        let heads = text.lines().filter(|line| line.starts_with("|  | "));
        let with_it = heads.filter(|head| head.contains(column));
        assert_eq!(with_it.count(), 2, "{column}: {text}");
    }

    helped_alike(&json);

    // The second time nothing is trained or measured.
    let written = |name: &str| {
        ["checkpoint.safetensors", "evaluation.json"].map(|file| {
            let path = out.join("seed-1").join(name).join(file);
            fs::metadata(path).unwrap().modified().unwrap()
        })
    };
    let before = names.map(written);
    assert!(compare(&out, "1", &[]).status.success());
    assert_eq!(names.map(written), before);

    // What was trained and not measured is not trained again.
    fs::remove_file(out.join("seed-1/cvae/evaluation.json")).unwrap();
    assert!(compare(&out, "1", &[]).status.success());
    let after = names.map(written);
    assert_eq!(
        after.map(|[trained, _]| trained),
        before.map(|[trained, _]| trained)
    );
    let again = fs::read(out.join("comparison.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&again).unwrap(), json);

    // A second seed is trained beside the first.
    assert!(compare(&out, "1", &["--seeds", "2"]).status.success());
    assert_eq!(names.map(written), after);
    let both = fs::read(out.join("comparison.json")).unwrap();
    let both: Value = serde_json::from_slice(&both).unwrap();
    let seeds = both.as_array().unwrap().iter();
    let seeds: Vec<_> = seeds.map(|model| &model["config"]["seed"]).collect();
    assert_eq!(seeds, [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    let text = fs::read_to_string(out.join("comparison.md")).unwrap();
    assert!(
        text.contains("seed 1, 2.") && text.contains(" ± "),
        "{text}"
    );

    let output = compare(&out, "2", &[]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    let difference = "epochs is 1 in the run, the command says 2";
    assert!(
        message.contains("other settings") && message.contains(difference),
        "{message}"
    );
    for setting in ["model=cvae", "seed=4", "preset=micro", "data=strokes"] {
        let output = compare(&out, "1", &["--set", setting]);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{setting}");
        assert!(
            message.contains("options of their own"),
            "{setting}: {message}"
        );
    }
}

/// All have the same budget, those that know classes the same `L_con`, and both GANs the same of everything.
fn helped_alike(models: &Value) {
    let of = |name: &str| {
        let mut models = models.as_array().unwrap().iter();
        let model = models.find(|model| model["config"]["model"] == name);
        model.unwrap()["config"].clone()
    };
    for name in ["vae", "cvae", "cvae-gan", "lr-livae", "lr-livae-gan"] {
        let consistency = of(name)["loss"]["consistency"].as_f64().unwrap();
        assert_eq!(consistency > 0.0, name != "vae", "{name}");
        for key in ["seed", "epochs", "batch", "data"] {
            assert_eq!(of(name)[key], of("lr-livae-gan")[key], "{name}: {key}");
        }
    }
    for (theirs, ours) in [("cvae", "lr-livae"), ("cvae-gan", "lr-livae-gan")] {
        for key in ["loss", "optimizer"] {
            assert_eq!(of(theirs)[key], of(ours)[key], "{theirs}: {key}");
        }
    }
}

#[test]
fn the_toy_experiment_learns_the_arcs() {
    let config = toy::config("lr-livae-gan", 1).unwrap();
    let mut experiment = Experiment::new(&Cpu::seed_from_u64(1), &config, 600);
    let reference = toy::reference(1);
    let distance = |experiment: &Experiment<Cpu>| {
        let drawn = experiment.draw();
        let of_class = |class: usize| toy::energy_distance(&reference[class], &drawn[class]);
        (0..toy::CLASSES).map(of_class).sum::<f64>()
    };
    let before = distance(&experiment);
    experiment.train_to(600, |_| ()).unwrap();
    let after = distance(&experiment);
    assert!(after < 0.1 * before, "{before} before, {after} after");
}
