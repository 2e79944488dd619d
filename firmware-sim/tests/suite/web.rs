//! The runtime as WebAssembly draws the same bytes.

use crate::support::{Workplace, cross, has};
use pixling::{Model, Request, Temperature, Way};
use pixling_test_support::small::{MIXED, file_of, mixed};
use pixling_test_support::{Network, Noise};
use std::process::Command;

#[test]
fn webassembly_draws_the_same_bytes() {
    if !has("node", "nodejs") {
        return;
    }
    let triple = "wasm32-unknown-unknown";
    let module = cross("web", triple, "", "pixling_web.wasm");
    let mut noise = Noise(5);
    let mut files: Vec<(String, Vec<u8>)> = [
        Network::nano(),
        Network::micro(),
        Network::mini(),
        Network::milli(),
    ]
    .into_iter()
    .map(|network| (network.name.clone(), network.file(3)))
    .collect();
    files.push(("mixture".into(), file_of(&mixed(MIXED))));
    for (name, file) in files {
        let model = Model::load(&file).unwrap();
        let workplace = Workplace::new(&file);
        let mut arena = vec![0; model.arena_bytes()];
        let (mut arguments, mut expected) = (Vec::new(), String::new());
        for _ in 0..100 {
            let request = Request {
                class: noise.below(model.classes().into()) as u16,
                seed: u64::from(noise.below(1 << 30)) << 33,
                style: noise.below(1 << 30).into(),
                z_s_temperature: Temperature::ONE,
                z_u_temperature: Temperature::ONE,
                way: [Way::Joint, Way::Styled][noise.below(2) as usize],
            };
            let (z_s, z_u) = (noise.below(200) as u16, noise.below(200) as u16);
            let request = Request {
                z_s_temperature: Temperature::from_percent(z_s),
                z_u_temperature: Temperature::from_percent(z_u),
                ..request
            };
            arguments.push(format!(
                "{}:{}:{}:{z_s}:{z_u}:{}",
                request.class,
                request.seed,
                request.style,
                u8::from(request.way == Way::Styled)
            ));
            for pixel in model.generate(&request, &mut arena).unwrap().pixels() {
                expected += &format!("{pixel:02x}");
            }
            expected += "\n";
        }
        let output = Command::new("node")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/web/draw.mjs"))
            .arg(&module)
            .arg(workplace.path("model.pxl"))
            .args(&arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            String::from_utf8_lossy(&output.stdout) == expected,
            "{} differs",
            name
        );
    }
}
