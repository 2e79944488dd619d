//! What the paper uses a trained model for, on the command line.

use crate::common::{DATA, Sheet, Trained, done, pixling, refused};
use pixling::{Model, Request, Temperature, Way};
use pixling_trainer::data::{self, Dataset, Format};
use std::path::Path;

const FORMAT: Format = Format {
    width: 28,
    height: 28,
    channels: 1,
};

fn dataset() -> Dataset {
    data::load(DATA, FORMAT).unwrap()
}

/// The index of a picture in the test split.
fn index(data: &Dataset, picture: &[u8]) -> usize {
    let mut all = 0..data.test.len();
    all.find(|&i| data.test.picture(i, 784) == picture)
        .expect("not a test picture")
}

#[test]
fn samples_are_as_many_as_asked_and_follow_from_the_seed() {
    let trained = Trained::new();
    let sheet = trained.sheet("sample", &["--count", "5"]);
    assert_eq!((sheet.columns, sheet.rows), (5, 10));
    let first = trained.written("sample", &["--count", "5"], "a.png");
    assert!(first == trained.written("sample", &["--count", "5"], "b.png"));
    assert!(first != trained.written("sample", &["--count", "5", "--seed", "2"], "c.png"));

    // A single class fills a square; its pictures are those of its row.
    let square = trained.sheet("sample", &["--class", "3", "--count", "7"]);
    assert_eq!((square.columns, square.rows), (3, 3));
    assert_eq!(square.picture(1, 1), sheet.picture(3, 4));

    // Without any temperature there is one picture; with that of one latent there are several.
    let cold = |more: &[&str]| {
        trained.sheet(
            "sample",
            &[&["--class", "3", "--count", "4"], more].concat(),
        )
    };
    let still = cold(&["--temperature", "0", "--style-temperature", "0"]);
    assert_eq!(still.picture(0, 0), still.picture(1, 1));
    for only in ["--temperature", "--style-temperature"] {
        let one = cold(&[only, "0"]);
        assert_ne!(one.picture(0, 0), one.picture(1, 1), "{only}");
    }
}

#[test]
fn samples_of_a_file_are_those_of_the_device() {
    let trained = Trained::new();
    let (file, sheet) = (trained.path("m.pxl"), trained.path("file.png"));
    let run = trained.path("run");
    done(&["export", &run, "-o", &file, "--components", "2"]);
    let bytes = std::fs::read(&file).unwrap();
    let model = Model::load(&bytes).unwrap();
    let mut arena = vec![0; model.arena_bytes()];
    let ways: [(Way, &[&str]); 2] = [(Way::Joint, &[]), (Way::Styled, &["--styled"])];
    for (way, more) in ways {
        let asked = ["--count", "3", "--seed", "40", "--temperature", "0.5"];
        let arguments = [&["sample", &file, "--out", &sheet][..], &asked, more];
        done(&arguments.concat());
        let sheet = Sheet::open(Path::new(&sheet));
        for class in 0..10 {
            for column in 0..3 {
                let request = Request {
                    z_s_temperature: Temperature::from_percent(50),
                    way,
                    ..Request::new(class, 40 + u64::from(column))
                };
                let picture = model.generate(&request, &mut arena).unwrap();
                assert_eq!(sheet.picture(class.into(), column), picture.pixels());
            }
        }
    }
    refused(
        &["sample", &file, "--class", "eight", "--out", "x.png"],
        &["`eight`", "0, 1, 2"],
    );
}

#[test]
fn the_edges_of_a_swap_are_test_pictures() {
    let trained = Trained::new();
    let data = dataset();
    let sheet = trained.sheet("swap", &["--count", "6"]);
    assert_eq!((sheet.columns, sheet.rows), (7, 7));
    let left: Vec<usize> = (1..7).map(|i| index(&data, &sheet.picture(i, 0))).collect();
    let top: Vec<usize> = (1..7).map(|i| index(&data, &sheet.picture(0, i))).collect();
    let mut all = [left.clone(), top].concat();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 12, "a picture is there twice");
    let classes: Vec<u16> = left.iter().map(|&i| data.test.classes[i]).collect();
    assert_eq!(classes, [0, 1, 2, 3, 4, 5]);
    // Both latents tell.
    assert_ne!(sheet.picture(1, 1), sheet.picture(1, 2));
    assert_ne!(sheet.picture(1, 1), sheet.picture(2, 1));

    let same = trained.written("swap", &["--count", "6"], "a.png");
    assert!(same == trained.written("swap", &["--count", "6"], "b.png"));
    assert!(same != trained.written("swap", &["--count", "6", "--seed", "9"], "c.png"));
    // More than there are: all of them.
    let all = trained.sheet("swap", &["--count", "100"]);
    assert_eq!((all.columns, all.rows), (31, 31));
}

#[test]
fn inpainting_keeps_what_is_known() {
    let trained = Trained::new();
    let data = dataset();
    for (hide, hidden) in [
        ("left", (|x, _| x < 14) as fn(usize, usize) -> bool),
        ("bottom", |_, y| y >= 14),
        ("middle", |x, y| {
            (7..21).contains(&x) && (7..21).contains(&y)
        }),
    ] {
        let sheet = trained.sheet("inpaint", &["--hide", hide, "--count", "4"]);
        assert_eq!((sheet.columns, sheet.rows), (4, 3), "{hide}");
        for column in 0..4 {
            let [original, masked, completed] = [0, 1, 2].map(|row| sheet.picture(row, column));
            index(&data, &original);
            for i in 0..784 {
                if hidden(i % 28, i / 28) {
                    assert_eq!(masked[i], 128, "{hide} {i}");
                } else {
                    assert_eq!([masked[i], completed[i]], [original[i]; 2], "{hide} {i}");
                }
            }
            assert_ne!(masked, completed, "{hide}: nothing was completed");
        }
    }
    let out = trained.path("x.png");
    refused(
        &[
            "inpaint",
            &trained.path("run"),
            "--hide",
            "all",
            "--out",
            &out,
        ],
        &["left", "right", "top", "bottom", "middle"],
    );
}

#[test]
fn walks_go_from_one_end_to_the_other() {
    // With a discriminator, or fewer steps, a dimension may say nothing that a byte shows.
    let trained = Trained::on(
        "strokes:digits,train=1280,test=60",
        &["epochs=2", "model=lr-livae"],
    );
    let options = ["--from", "2", "--to", "7", "--steps", "5", "--rows", "3"];
    let walk = trained.sheet("walk", &options);
    assert_eq!((walk.columns, walk.rows), (5, 3));
    for (class, column) in [("2", 0), ("7", 4)] {
        let ends = [
            "--class",
            class,
            "--count",
            "3",
            "--temperature",
            "0",
            "--styled",
        ];
        let ends = trained.sheet("sample", &ends);
        for row in 0..3 {
            let end = ends.picture(row / 2, row % 2);
            assert_eq!(walk.picture(row, column), end, "{class} {row}");
        }
    }
    assert_ne!(walk.picture(0, 1), walk.picture(0, 3));

    // In the middle of each row is the mean of the first picture's component, at its ends one dimension differs.
    let walk = trained.sheet("walk", &["--class", "2", "--steps", "5", "--rows", "4"]);
    assert_eq!((walk.columns, walk.rows), (5, 4));
    let middle = ["--temperature", "0", "--style-temperature", "0"];
    let middle = trained.sheet(
        "sample",
        &[&["--class", "2", "--count", "1"], &middle[..]].concat(),
    );
    for row in 0..4 {
        assert_eq!(walk.picture(row, 2), middle.picture(0, 0), "{row}");
        assert_ne!(walk.picture(row, 0), walk.picture(row, 4), "{row}");
    }
}

#[test]
fn latents_are_placed_the_same_each_time() {
    let trained = Trained::new();
    let svg = trained.written("latents", &["--count", "40"], "a.svg");
    assert!(svg == trained.written("latents", &["--count", "40"], "b.svg"));
    assert!(svg != trained.written("latents", &["--count", "40", "--seed", "3"], "c.svg"));
    let text = String::from_utf8(svg).unwrap();
    // A point for each picture in both views, and ten classes in the legend.
    assert_eq!(text.matches("<circle").count(), 2 * 40 + 10);
    assert!(text.contains("z_s") && text.contains("z_u"));
    // The two views are of different latents: their points lie elsewhere in their frames.
    let number = |circle: &str, name: &str| -> i32 {
        let value = circle.split(&format!("{name}=\"")).nth(1).unwrap();
        value.split('"').next().unwrap().parse().unwrap()
    };
    let places: Vec<(i32, i32)> = text
        .split("<circle")
        .skip(1)
        .map(|circle| (number(circle, "cx"), number(circle, "cy")))
        .collect();
    let (z_s, z_u) = (&places[..40], &places[40..80]);
    let moved = |&(x, y): &(i32, i32)| (x - 460, y);
    assert!(z_u.iter().all(|&(x, _)| x >= 460));
    assert_ne!(z_s, z_u.iter().map(moved).collect::<Vec<_>>());
}

#[test]
fn a_model_that_is_told_the_class_has_all_uses() {
    let trained = Trained::on(DATA, &["epochs=1", "model=\"cvae\""]);
    let data = dataset();
    assert_eq!(trained.sheet("sample", &["--count", "3"]).rows, 10);
    let swapped = trained.sheet("swap", &["--count", "4"]);
    assert_ne!(swapped.picture(1, 1), swapped.picture(2, 1));
    let completed = trained.sheet("inpaint", &["--count", "4"]);
    index(&data, &completed.picture(0, 0));
    let walk = trained.sheet("walk", &["--from", "1", "--to", "2", "--rows", "1"]);
    assert_ne!(walk.picture(0, 0), walk.picture(0, 11));
    trained.sheet("walk", &["--class", "1"]);
    // z_s is the class itself: there is no view of it.
    let svg = trained.written("latents", &["--count", "40"], "a.svg");
    let text = String::from_utf8(svg).unwrap();
    assert_eq!(text.matches("<circle").count(), 40 + 10);
    assert!(text.contains("z_u") && !text.contains("z_s"));
}

#[test]
fn a_model_without_classes_refuses_what_would_show_some() {
    let trained = Trained::on(DATA, &["epochs=1", "model=\"vae\""]);
    let (run, out) = (trained.path("run"), trained.path("x.png"));
    let (page, file) = (trained.path("x.html"), trained.path("x.pxl"));
    for line in [
        &["swap", &run, "--out", &out][..],
        &["walk", &run, "--class", "1", "--out", &out],
        &["walk", &run, "--from", "1", "--to", "2", "--out", &out],
        &[
            "report",
            &run,
            "--out",
            &page,
            "--quiet",
            "--samples",
            "500",
        ],
    ] {
        refused(line, &["a vae knows no classes", "sample"]);
    }
    refused(
        &["export", &run, "-o", &file, "--components", "2"],
        &["--components", "a vae does not know"],
    );
    for path in [&out, &page, &file] {
        assert!(!Path::new(path).exists(), "a refused command wrote {path}");
    }
    let sheet = trained.sheet("sample", &["--count", "3"]);
    assert_eq!(sheet.picture(0, 1), sheet.picture(9, 1));
    trained.sheet("inpaint", &["--count", "4"]);
    let svg = trained.written("latents", &["--count", "40"], "a.svg");
    assert_eq!(
        String::from_utf8(svg).unwrap().matches("<circle").count(),
        40 + 10
    );
}

#[test]
fn wrong_use_is_one_line_that_says_what_to_do() {
    let trained = Trained::new();
    let (run, out) = (trained.path("run"), trained.path("x.png"));
    for (command, arguments, parts) in [
        (
            "sample",
            &["--class", "seven"][..],
            &["`seven`", "0, 1, 2, 3"][..],
        ),
        ("sample", &["--temperature", "hot"], &["0 to 10"]),
        ("sample", &["--temperature", "11"], &["0 to 10"]),
        ("sample", &["--count", "0"], &["--count", "1"]),
        ("walk", &[], &["--from", "--class"]),
        ("walk", &["--from", "1"], &["--to"]),
        (
            "walk",
            &["--from", "1", "--to", "ten"],
            &["`ten`", "0, 1, 2"],
        ),
        (
            "walk",
            &["--class", "1", "--from", "1", "--to", "2"],
            &["--class", "--from"],
        ),
        (
            "walk",
            &["--class", "1", "--steps", "1000", "--rows", "21"],
            &["21000 pictures", "--steps"],
        ),
        (
            "swap",
            &["--data", "strokes:capitals,train=100,test=60"],
            &["other classes"],
        ),
        ("latents", &[], &[".svg"]),
        ("report", &[], &[".html"]),
    ] {
        let line = [&[command, &run, "--out", &out][..], arguments].concat();
        refused(&line, parts);
    }
    refused(&["sample", &run, "--out", "x.gif"], &["name it .png"]);
    refused(
        &["swap", "nowhere", "--out", &out],
        &["nowhere", "pixling train"],
    );
    refused(&["sample", "nowhere.pxl", "--out", &out], &["nowhere.pxl"]);
    assert!(!Path::new(&out).exists(), "a refused command wrote a file");
    let nowhere = trained.path("no/such/folder/x.png");
    refused(&["sample", &run, "--out", &nowhere], &["x.png", "folder"]);
    assert!(pixling(&["sample", "--help"]).status.success());
}
