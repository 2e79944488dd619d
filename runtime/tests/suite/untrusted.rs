//! Files that were cut, damaged or forged are refused with an error, never with a panic.

use pixling::write::{Contents, Mixture, Prior, seal, to_bytes};
use pixling::{
    Activation, Coding, FORMAT_VERSION, GenerateError, Golden, HEADER_BYTES, Layer, LoadError,
    Model, Operator, Request, Rule, Section, Window,
};
use pixling_test_support::small::{self, ALL_INT4, ALL_INT8, ARENA, WINDOW, file};
use pixling_test_support::{Counts, Numbers, Parts, Plan, shape};

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
            4..6 => matches!(error, LoadError::UnsupportedVersion { .. }),
            6..8 => matches!(error, LoadError::UnsupportedFlags { .. }),
            8..12 => matches!(
                error,
                LoadError::Truncated { .. } | LoadError::Corrupt { .. }
            ),
            _ => matches!(error, LoadError::Corrupt { .. }),
        };
        assert!(expected, "bit {bit}: {error:?}");
    }
}

/// The checksum does not cover the version.
#[test]
fn a_file_of_one_format_is_none_of_another() {
    let of_format_2 = include_bytes!("../../../tests/golden/format-2.pxl");
    let of_format_3 = include_bytes!("../../../tests/golden/format-3.pxl");
    let mixed = small::file_of(&small::mixed(small::MIXED));
    let files = [of_format_2.to_vec(), of_format_3.to_vec(), file(), mixed];
    for (file, version) in files.into_iter().zip([2, 3, 4, 4]) {
        assert_eq!(Model::load(&file).unwrap().format_version(), version);
        for other in (2..=4).filter(|other| *other != version) {
            let mut changed = file.clone();
            changed[4] = other as u8;
            let error = Model::load(&changed).unwrap_err();
            assert!(
                matches!(
                    error,
                    LoadError::Malformed { .. } | LoadError::Invalid { .. }
                ),
                "{version} as {other}: {error:?}"
            );
        }
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
    assert_eq!(model.file_bytes(), file().len());
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
    future[4] += 1;
    assert_eq!(
        Model::load(&future).unwrap_err(),
        LoadError::UnsupportedVersion {
            found: FORMAT_VERSION + 1
        }
    );
    let mut flags = file();
    flags[7] = 0x40;
    let error = Model::load(&flags).unwrap_err();
    assert_eq!(error, LoadError::UnsupportedFlags { found: 0x4000 });
    assert!(error.to_string().contains("flags 0x4000"), "{error}");
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
fn broken(index: usize, rule: Rule, change: impl FnOnce(&mut Layer<'_>)) {
    broken_of(&small::parts(ALL_INT8), index, rule, change);
}

/// With weights of four bits.
fn broken_int4(index: usize, rule: Rule, change: impl FnOnce(&mut Layer<'_>)) {
    broken_of(&small::parts(ALL_INT4), index, rule, change);
}

fn broken_of(parts: &Parts, index: usize, rule: Rule, change: impl FnOnce(&mut Layer<'_>)) {
    let mut layers = parts.layers();
    change(&mut layers[index]);
    let contents = parts.contents(&layers, &[]);
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

/// The largest `i32` in each of the three biases of layer 2, byte by byte.
const LARGE: [u8; 12] = {
    let mut bytes = [0xff; 12];
    let mut at = 3;
    while at < 12 {
        bytes[at] = 0x7f;
        at += 4;
    }
    bytes
};

fn window(change: impl FnOnce(&mut Window)) -> impl FnOnce(&mut Layer<'_>) {
    |layer| match &mut layer.geometry.operator {
        Operator::Conv2d(window) => change(window),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_rule_of_a_layer_is_kept() {
    broken(1, Rule::Kernel, |layer| {
        layer.geometry.operator = Operator::Depthwise(Window {
            kernel_height: 16,
            ..WINDOW
        })
    });
    broken(3, Rule::Kernel, window(|window| window.kernel_width = 0));
    broken(3, Rule::Stride, window(|window| window.stride = 0));
    broken(3, Rule::Stride, window(|window| window.stride = 5));
    broken(3, Rule::Padding, window(|window| window.padding_left = 3));
    broken(3, Rule::WindowOutside, |layer| {
        layer.geometry.output.height = 8
    });
    // The last window starts at the first row, or column, after the input, or one later.
    let beyond = |layer: &mut Layer<'_>, stride: u8| match &mut layer.geometry.operator {
        Operator::Conv2d(window) => {
            window.stride = stride;
            let input = layer.geometry.input;
            let outputs = |side: u16, padding: u8| {
                (side + u16::from(padding)).div_ceil(u16::from(stride)) + 1
            };
            [
                outputs(input.height, window.padding_top),
                outputs(input.width, window.padding_left),
            ]
        }
        other => panic!("{other:?}"),
    };
    for stride in [1, 2] {
        broken(3, Rule::WindowOutside, |layer| {
            [layer.geometry.output.height, _] = beyond(layer, stride);
        });
        broken(3, Rule::WindowOutside, |layer| {
            [_, layer.geometry.output.width] = beyond(layer, stride);
        });
    }
    broken(3, Rule::DepthwiseChannels, |layer| {
        layer.geometry.operator = Operator::Depthwise(WINDOW)
    });
    broken(2, Rule::TransposedSides, |layer| {
        layer.geometry.output.width = 3
    });
    broken(0, Rule::WeightCount, |layer| {
        layer.tables.weights = &layer.tables.weights[1..]
    });
    broken(0, Rule::BiasCount, |layer| {
        layer.tables.bias = &layer.tables.bias[4..]
    });
    broken(1, Rule::MultiplierCount, |layer| {
        layer.tables.multipliers = &[]
    });
    broken(2, Rule::MultiplierCount, |layer| {
        layer.tables.multipliers = &layer.tables.multipliers[1..]
    });
    broken(2, Rule::Weight, |layer| layer.tables.weights = &[0x80; 192]);
    broken(2, Rule::Multipliers, |layer| {
        layer.tables.multipliers = &[0xff; 24]
    });
    broken(2, Rule::Multipliers, |layer| {
        layer.head.activation = Activation::Relu
    });
    // Of a linear layer, so that both multipliers are the same.
    broken(1, Rule::Multipliers, |layer| {
        layer.tables.multipliers = &[0xff; 32]
    });
    broken(2, Rule::Accumulator, |layer| layer.tables.bias = &LARGE);
}

#[test]
fn every_rule_of_a_layer_of_four_bits_is_kept() {
    for index in 0..4 {
        broken_int4(index, Rule::WeightCount, |layer| {
            layer.tables.weights = &layer.tables.weights[1..]
        });
        broken_int4(index, Rule::BiasCount, |layer| {
            layer.tables.bias = &layer.tables.bias[1..]
        });
        broken_int4(index, Rule::MultiplierCount, |layer| {
            layer.tables.multipliers = &layer.tables.multipliers[4..]
        });
        broken_int4(index, Rule::WeightCount, |layer| {
            layer.head.coding = Coding::Int8
        });
        broken_int4(index, Rule::MultiplierShift, |layer| {
            layer.head.coding = coding(0, 16)
        });
        // 128 times that does not fit, alone or with the products.
        for shift in [24, 32, 255] {
            broken_int4(index, Rule::Accumulator, |layer| {
                layer.head.coding = coding(shift, 0)
            });
        }
    }
    // Of a rectified, a linear and a leaky layer.
    broken_int4(0, Rule::Multipliers, |layer| {
        layer.tables.multipliers = &[1; 16]
    });
    broken_int4(1, Rule::Multipliers, |layer| {
        layer.tables.multipliers = &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]
    });
    broken_int4(2, Rule::Multipliers, |layer| {
        layer.tables.multipliers = &[255; 12]
    });
    broken(1, Rule::WeightCount, |layer| {
        layer.head.coding = coding(0, 0)
    });
}

fn coding(bias_shift: u8, multiplier_shift: u8) -> Coding {
    Coding::Int4 {
        bias_shift,
        multiplier_shift,
    }
}

/// Whatever is in a block is weights.
#[test]
fn any_four_bits_and_scales_are_drawn() {
    let parts = small::parts(ALL_INT4);
    for byte in [0, 0x0f, 0x5a, 0xf0, 0xff] {
        let mut layers = parts.layers();
        let tables = parts.packed.iter();
        let tables: Vec<Vec<u8>> = tables.map(|it| vec![byte; it.weights.len()]).collect();
        for (layer, weights) in layers.iter_mut().zip(&tables) {
            layer.tables.weights = weights;
            layer.head.coding = coding(
                if layer.geometry.output.channels > 1 {
                    22
                } else {
                    0
                },
                15,
            );
        }
        let file = to_bytes(&parts.contents(&layers, &[])).unwrap();
        let model = Model::load(&file).unwrap();
        for layer in model.layers() {
            let weights = layer.decoded().weights;
            let (scale, low, high) = (byte as i32 & 15, byte as i32 & 15, byte as i32 >> 4);
            let other = byte as i32 >> 4;
            let expected = [
                scale * (low - 8),
                scale * (high - 8),
                other * (low - 8),
                other * (high - 8),
            ];
            assert!(weights.iter().all(|it| expected.contains(&i32::from(*it))));
        }
        model
            .generate(&Request::new(0, 1), &mut [0; ARENA])
            .unwrap();
    }
}

/// Dense, three layers with a modulation before each.
#[test]
fn every_rule_of_a_modulation_is_kept() {
    let parts = small::modulated(ALL_INT8);
    let modulated = |index, rule, change: &dyn Fn(&mut Layer<'_>)| {
        broken_of(&parts, index, rule, change);
    };
    modulated(1, Rule::Modulation, &|layer| {
        layer.geometry.operator = Operator::Modulation { shift: 21 }
    });
    modulated(1, Rule::Modulation, &|layer| layer.head.zero_point = 1);
    modulated(1, Rule::Modulation, &|layer| {
        layer.head.activation = Activation::Relu
    });
    modulated(1, Rule::Modulation, &|layer| {
        layer.geometry.output.height = 2
    });
    modulated(3, Rule::Modulation, &|layer| {
        layer.geometry.output.width = 2
    });
    // As for a dense layer of the latent, whatever the layer before writes.
    modulated(1, Rule::WeightCount, &|layer| {
        layer.tables.weights = &layer.tables.weights[4..]
    });
    modulated(3, Rule::BiasCount, &|layer| {
        layer.tables.bias = &layer.tables.bias[1..]
    });
    modulated(5, Rule::MultiplierCount, &|layer| {
        layer.tables.multipliers = &layer.tables.multipliers[4..]
    });

    let refused = |change: &dyn Fn(&mut Vec<Layer<'_>>)| {
        let mut layers = parts.layers();
        change(&mut layers);
        refusal(&parts.contents(&layers, &[]))
    };
    let layer = |index| (Section::Layer(index), Rule::Modulated);
    // Another modulation, a dense layer, or nothing after a modulation; another number of channels.
    assert_eq!(refused(&|layers| layers.insert(2, layers[1])), layer(2));
    assert_eq!(refused(&|layers| layers[2] = layers[0]), layer(2));
    assert_eq!(refused(&|layers| layers.swap(1, 3)), layer(2));
    let end = (Section::End, Rule::Modulated);
    assert_eq!(refused(&|layers| layers.truncate(6)), end);
    // None is the first, nor after a first layer that is not dense.
    let first = |index| (Section::Layer(index), Rule::ModulationFirst);
    assert_eq!(refused(&|layers| layers.swap(0, 1)), first(0));
    let transposed = |layers: &mut Vec<Layer<'_>>| {
        let dense = &mut layers[0];
        dense.geometry.operator = Operator::TransposedConv2d;
        (dense.geometry.output.height, dense.geometry.output.width) = (2, 2);
        dense.tables.weights = &[0; 4 * 4 * 4 * 8];
        dense.tables.bias = &dense.tables.bias[..16];
    };
    assert_eq!(refused(&transposed), first(1));
}

/// Nothing but a file of version 4 has them.
#[test]
fn a_modulation_is_none_of_the_formats_before() {
    let parts = small::parts(ALL_INT8);
    let modulated = small::modulated(ALL_INT8);
    let layers = modulated.layers();
    let file = to_bytes(&parts.contents(&layers, &[])).unwrap();
    Model::load(&file).unwrap();
    // Without the kind of the prior, which is 0, before `mu`: the header of version 3.
    let mu = file.windows(24).position(|it| it == parts.mu).unwrap();
    let mut payload = file[HEADER_BYTES..].to_vec();
    assert_eq!(payload.remove(mu - HEADER_BYTES - 2), 0);
    let mut file = seal(&payload).unwrap();
    file[4] = 3;
    assert!(matches!(
        Model::load(&file).unwrap_err(),
        LoadError::Malformed {
            section: Section::Layer(1),
            ..
        }
    ));
}

#[test]
fn a_modulated_accumulator_may_just_fit() {
    let parts = small::modulated(ALL_INT8);
    let modulation = Operator::Modulation { shift: 20 };
    // Sixteen inputs for each output of layer 4, and 128 at most that a shift adds.
    let most = i32::MAX - 16 * 127 * 255 - (128 << 20);
    for (bias, fits) in [(most, true), (-most, true), (most + 1, false)] {
        let mut layers = parts.layers();
        layers[3].geometry.operator = modulation;
        let bytes = [bias.to_le_bytes(); 3];
        layers[4].tables.bias = bytes.as_flattened();
        let loaded = to_bytes(&parts.contents(&layers, &[])).unwrap();
        assert_eq!(Model::load(&loaded).is_ok(), fits, "{bias}");
    }
}

/// An output of 63,000 inputs, which leave 107,228,647 for its bias.
#[test]
fn a_modulated_accumulator_of_many_inputs_may_just_fit() {
    let refused = |shift: u8, bias_shift: Option<u8>| {
        let mut parts = Parts::new("wide", &["one"], 1, 0);
        let window = Window {
            kernel_height: 15,
            kernel_width: 15,
            ..WINDOW
        };
        for (operator, channels) in [
            (Operator::Dense, 280),
            (Operator::Modulation { shift }, 2),
            (Operator::Conv2d(window), 1),
        ] {
            let plan = Plan {
                operator,
                output: shape(1, 1, channels),
                activation: Activation::Linear,
                zero_point: 0,
            };
            let counts = Counts::of(operator, parts.input(operator), plan.output);
            let (weights, multipliers) = (vec![0; counts.weights as usize], counts.channels);
            let numbers = match bias_shift {
                Some(bias_shift) if operator == Operator::Conv2d(window) => Numbers::Int4 {
                    weights,
                    scales: vec![],
                    bias: vec![0],
                    multipliers: vec![0],
                    bias_shift,
                    multiplier_shift: 0,
                },
                _ => Numbers::Int8 {
                    weights,
                    bias: vec![0; counts.biases as usize],
                    multipliers: vec![0; multipliers as usize],
                },
            };
            parts.push(plan, &numbers);
        }
        Model::load(&parts.bytes(&[])).err()
    };
    assert_eq!(refused(19, None), None);
    assert_eq!(refused(0, Some(19)), None);
    assert_eq!(refused(18, Some(18)), None);
    for (shift, bias_shift) in [(20, None), (20, Some(0)), (19, Some(19))] {
        assert!(matches!(
            refused(shift, bias_shift).unwrap(),
            LoadError::Invalid {
                section: Section::Layer(2),
                rule: Rule::Accumulator,
                ..
            }
        ));
    }
}

#[test]
fn an_accumulator_may_just_fit() {
    let parts = small::parts(ALL_INT8);
    // Sixteen inputs for each output of layer 2, of 255 at most, times weights of 127 at most.
    let most = i32::MAX - 16 * 127 * 255;
    for (bias, fits) in [
        (most, true),
        (-most, true),
        (most + 1, false),
        (-most - 1, false),
    ] {
        let mut layers = parts.layers();
        let bytes = [bias.to_le_bytes(); 3];
        layers[2].tables.bias = bytes.as_flattened();
        let loaded = to_bytes(&parts.contents(&layers, &[])).unwrap();
        assert_eq!(Model::load(&loaded).is_ok(), fits, "{bias}");
    }
}

#[test]
fn huge_shapes_are_refused_before_anything_is_computed() {
    broken(0, Rule::FeatureMap, |layer| {
        layer.geometry.output.height = 1024;
        layer.geometry.output.width = 1024;
    });
    broken(0, Rule::FeatureMap, |layer| {
        layer.geometry.output.height = u16::MAX
    });
    broken(0, Rule::FeatureMap, |layer| {
        layer.geometry.output.channels = 0
    });
    // A map that the next layer must not read as a whole.
    let parts = small::parts(ALL_INT8);
    let mut layers = parts.layers();
    let channels = 300;
    layers[0].geometry.output.channels = channels;
    let (weights, bias) = (vec![0; 6 * 8 * 300], vec![0; 6 * 4 * 300]);
    let multipliers = vec![0; 8 * 300];
    layers[0].tables.weights = &weights;
    layers[0].tables.bias = &bias;
    layers[0].tables.multipliers = &multipliers;
    let window = Window {
        kernel_height: 15,
        kernel_width: 15,
        stride: 1,
        padding_top: 7,
        padding_left: 7,
    };
    layers[1].geometry.operator = Operator::Conv2d(window);
    assert_eq!(
        refusal(&parts.contents(&layers, &[])),
        (Section::Layer(1), Rule::FanIn)
    );
}

/// The section and the rule of what is refused as invalid.
fn refusal(contents: &Contents<'_>) -> (Section, Rule) {
    match Model::load(&to_bytes(contents).unwrap()).unwrap_err() {
        LoadError::Invalid { section, rule, .. } => (section, rule),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_rule_of_the_header_and_the_end_is_kept() {
    let parts = small::parts(ALL_INT8);
    let layers = parts.layers();
    let header = |rule, change: &dyn Fn(&mut Contents<'_>)| {
        let mut contents = parts.contents(&layers, &[]);
        change(&mut contents);
        assert_eq!(refusal(&contents), (Section::Header, rule));
    };
    header(Rule::Classes, &|contents| contents.labels = "");
    let many = Box::leak("x\n".repeat(1001).into_boxed_str());
    header(Rule::Classes, &|contents| contents.labels = many);
    header(Rule::LatentDimensions, &|contents| {
        (contents.z_s, contents.z_u) = (0, 0)
    });
    header(Rule::LatentDimensions, &|contents| contents.z_u = u16::MAX);
    header(Rule::Mixture, &|contents| contents.labels = "one\ntwo");
    header(Rule::Mixture, &|contents| {
        let Prior::Gaussian { sigma, .. } = &mut contents.prior else {
            panic!("{:?}", contents.prior);
        };
        *sigma = &sigma[1..];
    });
    header(Rule::PixelTable, &|contents| contents.pixels = &[]);
    header(Rule::Layers, &|contents| contents.layers = &[]);
    const FOREIGN: Golden = Golden {
        class: 3,
        seed: 0,
        checksum: 0,
    };
    header(Rule::GoldenClass, &|contents| contents.golden = &[FOREIGN]);

    // Three components of nine bytes in each of three classes, five styles of three bytes.
    for (rule, [unit, components, weights, normals, style_weights, styles]) in [
        (Rule::DeviationUnit, [0, 3, 9, 81, 5, 15]),
        (Rule::DeviationUnit, [4097, 3, 9, 81, 5, 15]),
        (Rule::Components, [1, 0, 0, 0, 5, 15]),
        (Rule::Components, [1, 257, 771, 6939, 5, 15]),
        (Rule::Components, [1, 3, 8, 81, 5, 15]),
        (Rule::Components, [1, 3, 9, 80, 5, 15]),
        (Rule::Components, [1, 3, 9, 82, 5, 15]),
        (Rule::Components, [1, 3, 9, 81, 0, 0]),
        (Rule::Components, [1, 3, 9, 81, 257, 771]),
        (Rule::Components, [1, 3, 9, 81, 5, 14]),
    ] {
        let mut contents = parts.contents(&layers, &[]);
        let mixture = Mixture {
            unit: unit as u16,
            components: components as u16,
            weights: vec![0; weights],
            normals: vec![0; normals],
            style_weights: vec![0; style_weights],
            styles: vec![0; styles],
        };
        contents.prior = Prior::Mixture(&mixture);
        assert_eq!(refusal(&contents), (Section::Header, rule));
    }

    let end = |layers: &[Layer<'_>]| refusal(&parts.contents(layers, &[]));
    assert_eq!(end(&layers[..1]), (Section::End, Rule::PictureChannels));
    let file = to_bytes(&parts.contents(&layers, &[])).unwrap();
    let longer = [&file[HEADER_BYTES..], &[0]].concat();
    let error = Model::load(&seal(&longer).unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the model file is invalid: end at offset {}: nothing follows the last layer",
            file.len()
        )
    );
}
