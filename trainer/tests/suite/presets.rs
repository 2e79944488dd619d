//! Every preset becomes a file of its promised size.

use crate::common::{Trained, done};
use serde_json::Value;

/// A preset's name, picture, weights of the decoder and bytes that its file may have.
const PRESETS: [(&str, [u64; 3], u64, u64); 6] = [
    ("nano", [16, 16, 1], 11_080, 8 * 1024),
    ("micro", [28, 28, 1], 44_364, 32 * 1024),
    ("micro-plain", [28, 28, 1], 28_104, 32 * 1024),
    ("micro-small", [28, 28, 1], 23_340, 16 * 1024),
    ("mini", [32, 32, 3], 48_048, 64 * 1024),
    ("milli", [64, 64, 3], 136_516, 192 * 1024),
];

#[test]
fn every_preset_is_exported_within_its_size() {
    for (name, [width, height, channels], weights, most) in PRESETS {
        let preset = format!("preset={name}");
        // One step.
        let settings = [preset.as_str(), "epochs=1", "batch=20", "model=lr-livae"];
        let trained = Trained::on("strokes:digits,train=20,test=10", &settings);
        let model = trained.path("m.pxl");
        let export = |options: &[&str]| -> Value {
            let run = trained.path("run");
            done(&[&["export", &run, "-o", &model], options].concat());
            serde_json::from_str(&done(&["inspect", &model, "--json"])).unwrap()
        };
        let report = export(&["--bits", "8"]);
        let number = |field: &str| report[field].as_u64().unwrap();
        assert_eq!(
            [number("width"), number("height"), number("channels")],
            [width, height, channels],
            "{name}"
        );
        // A weight is a byte, and so is each of the zeros that fill the latent of `nano` up to 16 values.
        assert_eq!(number("weight_bytes"), weights, "{name}");
        assert!(number("file_bytes") > weights, "{name}");
        assert_eq!(report["self_test"], true, "{name}");
        let bytes = export(&[])["file_bytes"].as_u64().unwrap();
        assert!(bytes <= most, "{name}: {bytes} bytes, more than {most}");
        assert!(2 * bytes > weights, "{name}: {bytes} bytes");
    }
}
