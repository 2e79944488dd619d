//! The whole path: pictures are drawn and learned from, the model is quantized into a file, the real firmware boots on
//! an emulated Cortex-M4 with that file in its flash, and its pixels are those of the desktop.

use crate::support::{has, train_to_file};
use pixling::Way;
use pixling_sim::emulate::{Core, Firmware, Flavour, Machine, build, emulate};
use pixling_sim::{ModelFile, PictureRequest};
use pixling_trainer::model::Micro;
use std::time::Duration;

#[test]
fn an_emulated_cortex_m4_draws_all_classes_as_the_desktop_does() {
    if !has("qemu-system-arm") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.pxl");
    train_to_file(&Micro, &path, 1);
    let file = ModelFile::read(&path).unwrap();
    let firmware = Firmware::read(&build(Core::M4, Flavour::Runtime).unwrap()).unwrap();
    let machine = Machine {
        core: Core::M4,
        qemu: None,
        timeout: Duration::from_secs(120),
    };
    let requests: Vec<PictureRequest> = (0..10)
        .map(|class| PictureRequest {
            class,
            seed: u64::from(class) * 1_000_003,
            style: u64::MAX - u64::from(class),
            z_s_percent: 50 + 20 * class,
            z_u_percent: 100,
            way: Way::Joint,
        })
        .collect();
    let outcomes = emulate(&file, &requests, &firmware, &machine).unwrap();
    assert_eq!(outcomes.len(), 10);
    for outcome in &outcomes {
        assert!(
            outcome.is_good(),
            "class {}: {} bytes differ",
            outcome.class,
            outcome.different_bytes
        );
        assert!(outcome.arena_touched_bytes <= outcome.arena_bytes as u64);
        assert!(outcome.instructions > 100_000 && outcome.stack_bytes > 0);
    }
    assert_ne!(outcomes[0].pixels, outcomes[1].pixels);
}
