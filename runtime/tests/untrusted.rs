//! Files that were cut, damaged or forged are refused with an error, never with a panic.

mod common;

use common::{ARENA, Parts, file};
use pixling::write::{seal, to_bytes};
use pixling::{Activation, GenerateError, HEADER_BYTES, Layer, LoadError, Model, Request, Section};

#[test]
fn a_file_cut_at_any_byte_is_refused() {
    let file = file();
    for length in 0..file.len() {
        let error = Model::load(&file[..length]).unwrap_err();
        assert!(
            matches!(error, LoadError::Truncated { found, .. } if found == length as u64),
            "{length}: {error:?}"
        );
    }
}

#[test]
fn a_flip_of_any_bit_is_refused() {
    let file = file();
    for bit in 0..file.len() * 8 {
        let mut damaged = file.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let error = Model::load(&damaged).unwrap_err();
        let expected = match bit / 8 {
            0..4 => matches!(error, LoadError::NotAModel),
            4..8 => matches!(error, LoadError::UnsupportedVersion { .. }),
            8..12 => matches!(
                error,
                LoadError::Truncated { .. } | LoadError::Corrupt { .. }
            ),
            _ => matches!(error, LoadError::Corrupt { .. }),
        };
        assert!(expected, "bit {bit}: {error:?}");
    }
}

/// Behind a checksum that was made to fit, whatever loads must also draw.
#[test]
fn a_forged_payload_is_refused_or_draws() {
    let file = file();
    let payload = &file[HEADER_BYTES..];
    let (mut refused, mut drawn) = (0, 0);
    let mut attempt = |payload: &[u8]| match Model::load(&seal(payload).unwrap()) {
        Err(_) => refused += 1,
        Ok(model) => {
            let mut arena = vec![0; model.arena_bytes()];
            let picture = model.generate(&Request::new(0, 1), &mut arena).unwrap();
            assert_eq!(picture.pixels().len(), model.picture_bytes());
            let _ = model.self_test(&mut arena);
            drawn += 1;
        }
    };
    for index in 0..payload.len() {
        attempt(&payload[..index]);
        for value in 0..=255 {
            let mut forged = payload.to_vec();
            forged[index] = value;
            attempt(&forged);
        }
    }
    assert!(
        refused > 10_000 && drawn > 10_000,
        "{refused} refused, {drawn} drawn"
    );
}

#[test]
fn bytes_behind_the_file_are_ignored() {
    let mut flash = file();
    flash.resize(4096, 0xff);
    let model = Model::load(&flash).unwrap();
    model.self_test(&mut [0; ARENA]).unwrap();
}

#[test]
fn a_file_at_any_address_is_read() {
    let file = file();
    for shift in 0..8 {
        let mut flash = vec![0; shift];
        flash.extend_from_slice(&file);
        let model = Model::load(&flash[shift..]).unwrap();
        model.self_test(&mut [0; ARENA]).unwrap();
    }
}

#[test]
fn other_files_are_told_apart() {
    assert_eq!(
        Model::load(b"\x89PNG\r\n\x1a\n").unwrap_err(),
        LoadError::NotAModel
    );
    let mut future = file();
    future[4] = 2;
    assert_eq!(
        Model::load(&future).unwrap_err(),
        LoadError::UnsupportedVersion { found: 2 }
    );
}

#[test]
fn an_arena_of_exactly_the_plan_works_and_one_byte_less_is_refused() {
    let file = file();
    let model = Model::load(&file).unwrap();
    assert_eq!(model.arena_bytes(), ARENA);
    // At whatever address.
    for shift in 0..8 {
        let mut arena = vec![0xa5; ARENA + 8];
        model
            .generate(&Request::new(1, 1), &mut arena[shift..][..ARENA])
            .unwrap();
        model.self_test(&mut arena[shift..][..ARENA]).unwrap();
        let outside = arena[..shift].iter().chain(&arena[shift + ARENA..]);
        assert!(outside.copied().all(|byte| byte == 0xa5));
    }
    let mut arena = vec![0; ARENA];
    let error = model
        .generate(&Request::new(1, 1), &mut arena[1..])
        .unwrap_err();
    assert_eq!(
        error,
        GenerateError::ArenaTooSmall {
            needed: ARENA,
            found: ARENA - 1
        }
    );
}

#[test]
fn an_unknown_class_is_refused() {
    let file = file();
    let model = Model::load(&file).unwrap();
    let error = model
        .generate(&Request::new(3, 1), &mut [0; ARENA])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no class 3: the model has classes 0 to 2"
    );
}

/// Breaks one rule and expects the error to name the layer and the rule.
fn broken(index: usize, rule: &str, change: impl FnOnce(&mut Layer<'_>)) {
    let parts = Parts::new();
    let mut layers = parts.layers();
    change(&mut layers[index]);
    let macs = layers.iter().map(Layer::macs).sum();
    let mut contents = parts.contents(&layers, &[]);
    contents.macs = macs;
    let error = Model::load(&to_bytes(&contents).unwrap()).unwrap_err();
    match error {
        LoadError::Invalid {
            section: Section::Layer(layer),
            rule: found,
            offset,
        } => {
            assert_eq!((usize::from(layer), found), (index, rule));
            assert!(offset as usize > HEADER_BYTES);
        }
        other => panic!("{other:?}"),
    }
}

/// The largest `i32` in each of the twelve biases of layer 2, byte by byte.
const LARGE: [u8; 48] = {
    let mut bytes = [0xff; 48];
    let mut at = 3;
    while at < 48 {
        bytes[at] = 0x7f;
        at += 4;
    }
    bytes
};

#[test]
fn every_rule_of_a_layer_is_kept() {
    broken(
        1,
        "a layer reads the shape that the one before it writes",
        |layer| {
            layer.input.height += 1;
            layer.output.height += 1;
        },
    );
    broken(
        3,
        "a layer reads with the zero point that the one before it writes with",
        |layer| {
            layer.input_zero_point = 0;
        },
    );
    broken(0, "the weights fit the shapes", |layer| {
        layer.weights = &layer.weights[1..]
    });
    broken(0, "the biases fit the shapes", |layer| {
        layer.bias = &layer.bias[4..]
    });
    broken(1, "two multipliers per channel", |layer| {
        layer.multipliers = &[]
    });
    broken(2, "a multiplier is not negative", |layer| {
        layer.multipliers = &[0xff; 24]
    });
    broken(
        2,
        "the second multiplier is that of the activation",
        |layer| layer.activation = Activation::Relu,
    );
    broken(2, "an accumulator fits 32 bits", |layer| {
        layer.bias = &LARGE
    });
    broken(2, "a weight is within +-127", |layer| {
        layer.weights = &[0x80; 192]
    });
    broken(2, "a transposed convolution doubles both sides", |layer| {
        layer.output.width = 3
    });
    broken(
        3,
        "every window of a convolution reaches into its input",
        |layer| {
            layer.output.height = 8;
        },
    );
}

#[test]
fn huge_shapes_are_refused_before_anything_is_computed() {
    broken(0, "a feature map has at most 2^20 values", |layer| {
        layer.output.height = 1024;
        layer.output.width = 1024;
    });
    broken(
        0,
        "a feature map has 1 to 1024 rows and columns and 1 to 2048 channels",
        |layer| layer.output.height = u16::MAX,
    );
}
