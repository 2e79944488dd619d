//! The page about a run.

use crate::common::{Sheet, Trained, done};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{GrayImage, Luma};
use std::path::Path;

/// What would load something from elsewhere, or run something.
const FOREIGN: [&str; 9] = [
    "src=\"http",
    "href=\"http",
    "src=\"//",
    "url(",
    "@import",
    "<script",
    "<link",
    "<iframe",
    "<object",
];

fn page(trained: &Trained) -> String {
    let html = trained.written("report", &["--quiet", "--samples", "1000"], "report.html");
    String::from_utf8(html).unwrap()
}

fn check_whole(page: &str) {
    for foreign in FOREIGN {
        assert!(!page.contains(foreign), "{foreign} is in the page");
    }
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    for section in [
        "trained",
        "curves",
        "samples",
        "swaps",
        "walks",
        "inpainting",
        "latents",
        "figures",
        "quantized",
        "boards",
    ] {
        assert!(
            page.contains(&format!("<section id=\"{section}\">")),
            "{section}"
        );
        assert!(page.contains(&format!("href=\"#{section}\"")), "{section}");
    }
    // Every picture is inside and told in words.
    let pictures = page.matches("<img ").count();
    assert!(pictures > 10, "{pictures} pictures");
    assert_eq!(
        page.matches("src=\"data:image/png;base64,iVBOR").count(),
        pictures
    );
    assert_eq!(page.matches(" alt=\"").count(), pictures);
    assert!(!page.contains("alt=\"\""));
    // Charts are told in words as well; the bars of z_u are no SVG.
    let told = page.matches("role=\"img\" aria-label=\"").count();
    assert_eq!(page.matches("<svg ").count() + 1, told);
}

#[test]
fn a_page_is_whole_and_tells_of_the_run() {
    let trained = Trained::on(crate::common::DATA, &["epochs=2", "model=lr-livae"]);
    let page = page(&trained);
    check_whole(&page);
    for part in [
        "28 × 28 × 1",
        "10 classes",
        "200 to learn from, 60 to measure on",
        "[loss]",
        "conditional accuracy",
        "quantized",
        "real pictures",
        "position x",
        "BBC micro:bit v1",
        "classification <span>",
    ] {
        assert!(page.contains(part), "{part:?} is not in the page");
    }
    // Without a discriminator there are no curves of it.
    assert!(!page.contains("discriminator <span>") && !page.contains("gan <span>"));

    // The bytes of the file are those of the file.
    let model = trained.path("m.pxl");
    done(&[
        "export",
        &trained.path("run"),
        "-o",
        &model,
        "--name",
        "run",
    ]);
    let bytes = std::fs::metadata(&model).unwrap().len();
    let told = format!("{},{:03} bytes", bytes / 1000, bytes % 1000);
    assert!(page.contains(&told), "{told}");

    check_pictures(&trained, &page, &model);
    check_figures(&trained, &page);
}

/// The sheets of a section, in its order.
fn sheets(page: &str, section: &str) -> Vec<Sheet> {
    let begin = format!("<section id=\"{section}\">");
    let (_, inside) = page.split_once(&begin).unwrap();
    let (inside, _) = inside.split_once("</section>").unwrap();
    let pictures = inside.split("src=\"data:image/png;base64,").skip(1);
    let png = |text: &str| STANDARD.decode(text.split('"').next().unwrap()).unwrap();
    pictures.map(|text| Sheet::read(&png(text))).collect()
}

/// The rows of all sheets, each a list of pictures.
fn rows(sheets: &[Sheet]) -> Vec<Vec<Vec<u8>>> {
    let mut rows = Vec::new();
    for sheet in sheets {
        for row in 0..sheet.rows {
            let pictures = (0..sheet.columns).map(|column| sheet.picture(row, column));
            rows.push(pictures.collect());
        }
    }
    rows
}

/// The page shows what the commands draw.
fn check_pictures(trained: &Trained, page: &str, model: &str) {
    let drawn = |command, arguments: &[&str]| rows(&[trained.sheet(command, arguments)]);
    let new = [
        drawn("sample", &[]),
        drawn("sample", &["--styled"]),
        drawn("sample", &["--temperature", "0.5"]),
    ];
    assert!(rows(&sheets(page, "samples")) == new.concat());
    assert!(rows(&sheets(page, "swaps")) == drawn("swap", &[]));

    let walk = |from: u32| {
        let (seed, from, to) = (
            (from + 1).to_string(),
            from.to_string(),
            (from + 1).to_string(),
        );
        let ends = ["--from", &from, "--to", &to];
        drawn(
            "walk",
            &[&ends[..], &["--rows", "1", "--seed", &seed]].concat(),
        )
    };
    let mut walks: Vec<_> = (0..6).flat_map(walk).collect();
    walks.extend(drawn("walk", &["--class", "5"]));
    assert!(rows(&sheets(page, "walks")) == walks);

    let completed = |hide| drawn("inpaint", &["--hide", hide, "--seed", "2"]);
    let completed = ["bottom", "left", "middle"].map(completed).concat();
    assert!(rows(&sheets(page, "inpainting")) == completed);

    // In turn the network and the file.
    let options = ["--count", "6", "--seed", "101"];
    let (float, out) = (drawn("sample", &options), trained.path("file.png"));
    done(&[&["sample", model, "--out", &out][..], &options].concat());
    let quantized = rows(&[Sheet::open(Path::new(&out))]);
    assert!(float != quantized);
    let pairs = |(float, quantized): (&Vec<Vec<u8>>, &Vec<Vec<u8>>)| -> Vec<Vec<u8>> {
        let pairs = float.iter().zip(quantized);
        pairs.flat_map(|(a, b)| [a.clone(), b.clone()]).collect()
    };
    let in_turn: Vec<_> = float.iter().zip(&quantized).map(pairs).collect();
    assert!(rows(&sheets(page, "quantized")) == in_turn);
}

/// The page's table has the figures of `eval`.
fn check_figures(trained: &Trained, page: &str) {
    let run = trained.path("run");
    let json = done(&["eval", &run, "--json", "--quiet", "--samples", "1000"]);
    let evaluation: serde_json::Value = serde_json::from_str(&json).unwrap();
    for (name, key, digits) in [
        ("conditional accuracy", "conditional_accuracy", 3),
        ("Inception Score (judge)", "inception_score", 2),
        ("Frechet distance (judge)", "frechet_distance", 2),
        ("precision (judge)", "precision", 3),
        ("recall (judge)", "recall", 3),
        ("distance of 7x7 patches", "patch_distance", 1),
        ("intra-class diversity", "intra_class_diversity", 3),
        ("swap Frechet distance", "swap_frechet_distance", 2),
        ("PSNR, dB", "psnr", 2),
    ] {
        let cell = |form| {
            let figure = evaluation[form][key].as_f64();
            let text = figure.map_or_else(String::new, |figure| format!("{figure:.digits$}"));
            format!("<td>{text}</td>")
        };
        let cells = ["float", "quantized", "quantized_z_s_50", "real"].map(cell);
        let row = format!("<tr><th scope=\"row\">{name}</th>{}</tr>", cells.concat());
        assert!(page.contains(&row), "{row}");
    }
}

#[test]
fn a_page_about_a_model_that_is_told_the_class_says_so() {
    let trained = Trained::on(crate::common::DATA, &["epochs=1", "model=\"cvae\""]);
    let page = page(&trained);
    check_whole(&page);
    for part in ["are told the class", "the vectors of two classes", "cvae"] {
        assert!(page.contains(part), "{part:?} is not in the page");
    }
    for part in ["Two encoders", "temperature 0.5", "by z_s, coloured"] {
        assert!(!page.contains(part), "{part:?} is in the page");
    }
}

/// Pictures of two classes: bright above, bright below.
fn folder_of_pictures(root: &Path, classes: [&str; 2]) {
    for (class, name) in classes.iter().enumerate() {
        let folder = root.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for i in 0..60u32 {
            let picture = GrayImage::from_fn(28, 28, |x, y| {
                let bright = (y < 14) == (class == 0);
                Luma([if bright {
                    180 + (i + x) as u8 % 60
                } else {
                    (i * 3 + y) as u8 % 40
                }])
            });
            picture.save(folder.join(format!("{i}.png"))).unwrap();
        }
    }
}

#[test]
fn names_of_classes_cannot_break_the_page() {
    let pictures = tempfile::tempdir().unwrap();
    // A folder's name holds no slash.
    let names = ["<script>alert(1)<", "\"><img src=x onerror=alert(1)>"];
    folder_of_pictures(pictures.path(), names);
    // More than 32 test pictures of each class: so there is a table of classes.
    let data = format!("folder:{}:test=0.6", pictures.path().display());
    let trained = Trained::on(&data, &["epochs=1", "batch=16"]);
    let page = page(&trained);
    check_whole(&page);
    let (_, classes) = page.split_once("<h3>Class by class</h3>").unwrap();
    let (classes, _) = classes.split_once("</table>").unwrap();
    assert_eq!(classes.matches("<tr><th scope=\"row\">").count(), 2);
    assert!(classes.contains("script"));
    assert!(!page.contains("<img src=x") && !page.contains("<script"));
    assert!(page.contains("script&#62;alert(1)") || page.contains("script&gt;alert(1)"));
}
