//! The page about a run.

mod common;

use common::{Trained, done};
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
    let html = trained.written("report", &["--quiet"], "report.html");
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
    let trained = Trained::on(common::DATA, &["epochs=2"]);
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
    let data = format!("folder:{}:test=0.3", pictures.path().display());
    let trained = Trained::on(&data, &["epochs=1", "batch=16"]);
    let page = page(&trained);
    check_whole(&page);
    assert!(!page.contains("<img src=x") && !page.contains("<script"));
    assert!(page.contains("script&#62;alert(1)") || page.contains("script&gt;alert(1)"));
}
