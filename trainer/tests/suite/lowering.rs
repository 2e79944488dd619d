//! The decoder that is quantized computes what the trained network computes.

use dfdx::prelude::{Cpu, Tensor};
use pixling_trainer::export::lower;
use pixling_trainer::model::feed::to_bytes;
use pixling_trainer::model::tensors::{recorded, upload};
use pixling_trainer::model::{Micro, Preset};

fn latents(device: &Cpu, seed: f32, rows: usize) -> Tensor<(usize, usize), f32, Cpu> {
    let values: Vec<f32> = (0..rows * 24)
        .map(|i| (i as f32 * 0.7 + seed).sin() * 2.0)
        .collect();
    upload(device, (rows, 24), &values)
}

#[test]
fn a_lowered_decoder_draws_what_the_network_draws() {
    let device = Cpu::seed_from_u64(5);
    let mut decoder = Preset::<Cpu>::decoder(&Micro, &device);
    // Batches move the running statistics away from where folding would do nothing.
    for step in 0..5 {
        let _ = decoder.learn(recorded(&latents(&device, step as f32, 16)));
    }
    let lowered = lower(&decoder).unwrap();
    let function = lowered.pixels.unwrap();
    assert_eq!(lowered.layers.len(), 6);

    let input = latents(&device, 9.0, 3);
    let expected = decoder.infer(input.clone()).as_vec();
    for (latent, expected) in input
        .as_vec()
        .chunks_exact(24)
        .zip(expected.chunks_exact(784))
    {
        let values = lowered.run(latent);
        let found: Vec<f32> = values[5].iter().map(|&v| function.apply(v)).collect();
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
        assert!(
            expected.iter().any(|v| (v - expected[0]).abs() > 1e-3),
            "a flat picture shows nothing"
        );
    }
}

#[test]
fn channels_are_put_side_by_side() {
    assert_eq!(
        to_bytes(&[0.0, 1.0, 0.5, 0.2, 1.0, 0.0], 3),
        [0, 128, 255, 255, 51, 0]
    );
}
