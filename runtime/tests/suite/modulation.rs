//! Modulated layers: the pictures of a model equal the pictures of one whose numbers were modulated before, for the latent.

use pixling::write::{Decoded, Packed, Plain, pack};
use pixling::{Activation, Coding, GenerateError, Layer, Model, Operator, Request, Step};
use pixling_test_support::small::{self, MIXED, MODULATED_ARENA, file_of};
use pixling_test_support::{LayerParts, Network, Noise, Parts};

/// The values of a modulation.
fn values(layer: &Layer<'_>, latent: &[i8]) -> Vec<i64> {
    let Decoded {
        weights,
        bias,
        multipliers,
    } = layer.decoded();
    let outputs = weights
        .chunks_exact(latent.len())
        .zip(bias)
        .zip(multipliers);
    let outputs = outputs.map(|((weights, bias), [positive, negative])| {
        let products = weights.iter().zip(latent);
        let sum = products.map(|(weight, value)| i64::from(*weight) * i64::from(*value));
        let sum = i64::from(bias) + sum.sum::<i64>();
        let multiplier = if sum < 0 { negative } else { positive };
        ((sum * i64::from(multiplier) + (1 << 31)) >> 32).clamp(-128, 127)
    });
    outputs.collect()
}

/// The layer without its modulation, which wrote these values.
fn modulated(layer: &Layer<'_>, shift: u8, values: &[i64]) -> LayerParts {
    let numbers = layer.decoded();
    let (scales, shifts) = values.split_at(values.len() / 2);
    let bias = numbers.bias.iter().zip(shifts);
    let bias: Vec<i32> = bias
        .map(|(bias, it)| bias + ((*it as i32) << shift))
        .collect();
    let multipliers = numbers.multipliers.iter().zip(scales);
    let multipliers: Vec<i32> = multipliers
        .map(|([multiplier, _], scale)| {
            let scaled = (i64::from(*multiplier) * (128 + scale) + 64) >> 7;
            scaled.min(i32::MAX.into()) as i32
        })
        .collect();
    let plain = Plain {
        weights: &numbers.weights,
        bias: &bias,
        multipliers: &multipliers,
    };
    let Packed {
        weights,
        bias,
        multipliers,
    } = pack(&layer.geometry, layer.head.activation, plain);
    LayerParts {
        coding: Coding::Int8,
        weights,
        bias,
        multipliers,
        ..LayerParts::from(*layer)
    }
}

/// A model without modulations that draws the picture of this latent.
fn without(model: &Model<'_>, latent: &[i8]) -> Vec<u8> {
    let mut parts = Parts::new("", &["it"], model.z_s() as u16, model.z_u() as u16);
    let mut before = None;
    for layer in model.layers() {
        if let Operator::Modulation { shift } = layer.geometry.operator {
            before = Some((shift, values(&layer, latent)));
            continue;
        }
        parts.packed.push(match before.take() {
            Some((shift, values)) => modulated(&layer, shift, &values),
            None => layer.into(),
        });
    }
    parts.bytes(&[])
}

#[test]
fn a_picture_is_that_of_modulated_numbers() {
    let mut noise = Noise(21);
    let mut seen = [0; 256];
    for number in 0..200 {
        let mut network = Network::random(&mut noise).modulated(&mut noise);
        for (_, _, activation) in &mut network.layers {
            // A slope rounds the second multiplier once more.
            if matches!(activation, Activation::LeakyRelu { .. }) {
                *activation = Activation::Relu;
            }
        }
        let file = network.file(number);
        let model = Model::load(&file).unwrap();
        let mut arena = vec![0x5a; model.arena_bytes()];
        let mut latent = vec![0; model.z_s() + model.z_u()];
        for seed in 0..3 {
            let request = Request::new(seed as u16, seed);
            model.sample(&request, &mut latent).unwrap();
            let picture = model.generate(&request, &mut arena).unwrap();
            let expected = without(&model, &latent);
            let expected = Model::load(&expected).unwrap();
            let mut arena = vec![0; expected.arena_bytes()];
            let expected = expected.decode(&latent, &mut arena).unwrap();
            assert_eq!(
                picture.pixels(),
                expected.pixels(),
                "{number}: {:?}, int4 {:b}",
                network.layers,
                network.int4
            );
            for layer in model.layers() {
                if matches!(layer.geometry.operator, Operator::Modulation { .. }) {
                    values(&layer, &latent)
                        .iter()
                        .for_each(|it| seen[(it + 128) as usize] += 1);
                }
            }
        }
    }
    assert!(seen[0] > 0 && seen[255] > 0, "{seen:?}");
    assert!(seen.iter().filter(|count| **count > 0).count() > 240);
}

#[test]
fn a_modulation_is_a_step_before_all_rows() {
    let file = file_of(&small::modulated(MIXED));
    let model = Model::load(&file).unwrap();
    let request = Request::new(1, 8);
    let mut arena = [0; MODULATED_ARENA];
    let mut drawing = model.start(&request, &mut arena).unwrap();
    let mut steps = Vec::new();
    while let Step::Layer(layer) | Step::Row(layer) = drawing.step() {
        steps.push(layer);
    }
    let pixels = drawing.finish().pixels().to_vec();
    // The last one first.
    assert_eq!(steps[..4], [5, 3, 1, 0]);
    let counts: Vec<usize> = (0..7)
        .map(|layer| steps.iter().filter(|it| **it == layer).count())
        .collect();
    assert_eq!(counts, [3, 1, 3, 1, 6, 1, 6]);

    let mut rows = model.rows(&request, &mut arena).unwrap();
    let mut from_rows = Vec::new();
    while let Some(row) = rows.next_row() {
        from_rows.extend_from_slice(row);
    }
    assert_eq!(from_rows, pixels);
}

#[test]
fn exactly_the_arena_works_and_one_byte_less_is_refused() {
    let file = file_of(&small::modulated(MIXED));
    let model = Model::load(&file).unwrap();
    let rows_arena = MODULATED_ARENA - 24 + 4;
    assert_eq!(model.arena_bytes(), MODULATED_ARENA);
    assert_eq!(model.rows_arena_bytes(), rows_arena);
    let request = Request::new(1, 1);
    let mut arena = [0; MODULATED_ARENA];
    let expected = model.generate(&request, &mut arena).unwrap();
    for shift in 0..8 {
        let mut arena = [0xa5; MODULATED_ARENA + 8];
        let exact = &mut arena[shift..][..MODULATED_ARENA];
        assert_eq!(model.generate(&request, exact).unwrap(), expected);
        let outside = arena[..shift]
            .iter()
            .chain(&arena[shift + MODULATED_ARENA..]);
        assert!(outside.copied().all(|byte| byte == 0xa5));
    }
    let mut arena = [0; MODULATED_ARENA - 1];
    assert_eq!(
        model.generate(&request, &mut arena).unwrap_err(),
        GenerateError::ArenaTooSmall {
            needed: MODULATED_ARENA,
            found: MODULATED_ARENA - 1
        }
    );
}
