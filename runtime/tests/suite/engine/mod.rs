//! Each operator held against ONNX Runtime, on random layers and on layers of whole decoders: no value differs by more
//! than one unit. `tools/engine-check` runs it and prints how many differ; `docs/arithmetic.md` states it.

mod layers;
mod peer;
mod random;

use layers::outputs;
use peer::{Answers, Modulation, activation, compute, describe, is_here, operator};
use pixling::{Activation, Model, Operator, Request, Shape};
use pixling_test_support::shape;
use random::{Plan, Random, decoder, square, window};
use std::collections::BTreeMap;

/// The hand-built model: every operator, with weights of eight bits and with some of four.
const GOLDEN: [(&str, &[u8]); 2] = [
    (
        "format-2.pxl",
        include_bytes!("../../../../tests/golden/format-2.pxl"),
    ),
    (
        "format-3.pxl",
        include_bytes!("../../../../tests/golden/format-3.pxl"),
    ),
];

/// Dimensions of the latent of random decoders.
const LATENT: u16 = 24;

/// A tenth, as the presets have it.
const LEAKY: Activation = Activation::LeakyRelu { slope: 6554 };

/// A model file and latents for it.
struct Decoder {
    name: String,
    file: Vec<u8>,
    latents: Vec<Vec<i8>>,
}

/// Of values that were compared.
#[derive(Default)]
struct Tally {
    values: usize,
    differing: usize,
    /// Neither the lowest nor the highest value.
    between: usize,
}

/// By operator, activation and the engine's kernel.
type Tallies = BTreeMap<(&'static str, &'static str, String), Tally>;

/// Compares every layer of these decoders, each on what the runtime makes of the layers before it.
fn hold(decoders: &[Decoder]) -> Tallies {
    let mut random = Random::new(0);
    let mut told = Vec::new();
    let mut ours = Vec::new();
    for Decoder {
        name,
        file,
        latents,
    } in decoders
    {
        let model = Model::load(file).unwrap();
        let mut inputs = latents.clone();
        let (mut zero_point, mut modulation) = (0, None::<Modulation>);
        let maps = outputs(&model, latents);
        for (index, (layer, maps)) in model.layers().zip(maps).enumerate() {
            let name = format!("{name}, layer {index}");
            let (operator, activation) = (operator(&layer), activation(&layer));
            if let Operator::Modulation { shift } = layer.geometry.operator {
                told.push(describe(&mut random, &name, &layer, 0, latents, None));
                ours.push((name, operator, activation, maps.clone()));
                modulation = Some(Modulation {
                    shift,
                    values: maps,
                });
                continue;
            }
            let modulation = modulation.take();
            let operator = match (operator, &modulation) {
                (operator, None) => operator,
                ("convolution", _) => "modulated convolution",
                ("depthwise", _) => "modulated depthwise",
                _ => "modulated transposed",
            };
            let modulation = modulation.as_ref();
            let (start, read) = (zero_point, &inputs);
            told.push(describe(
                &mut random,
                &name,
                &layer,
                start,
                read,
                modulation,
            ));
            ours.push((name, operator, activation, maps.clone()));
            inputs = maps;
            zero_point = layer.head.zero_point;
        }
    }

    let Answers {
        engine,
        layers: answers,
    } = compute(&told);
    assert_eq!(answers.len(), ours.len());
    let mut tallies: Tallies = BTreeMap::new();
    for ((name, operator, activation, maps), answers) in ours.iter().zip(answers) {
        assert!(!answers.is_empty(), "{name}");
        for answer in answers {
            let (maps, theirs) = (maps.concat(), answer.outputs.concat());
            assert_eq!(maps.len(), theirs.len(), "{name}");
            let kinds = (*operator, *activation, answer.kernel);
            let tally = tallies.entry(kinds.clone()).or_default();
            for (index, (&ours, theirs)) in maps.iter().zip(theirs).enumerate() {
                assert!(
                    ours.abs_diff(theirs) <= 1,
                    "{name}: value {index} is {ours}, and {theirs} in {engine}: {kinds:?}"
                );
                tally.values += 1;
                tally.differing += usize::from(ours != theirs);
                tally.between += usize::from(-128 < ours && ours < 127);
            }
        }
    }
    println!("{engine}");
    for ((operator, activation, kernel), tally) in &tallies {
        println!(
            "{operator:21}  {activation:10}  {kernel:11}  {:7} values, {:3} differ by one",
            tally.values, tally.differing
        );
    }
    tallies
}

/// Three values of a kind and one in 100,000 may differ: a few in a million do, of which a kind with fewer values sees
/// one by chance. And many values could differ: they are not saturated, nor below a ReLU.
fn check(tallies: &Tallies) {
    for (kinds, tally) in tallies {
        let Tally {
            values,
            differing,
            between,
        } = *tally;
        assert!(
            differing <= 3 + values / 100_000,
            "{differing} of {values} values differ: {kinds:?}"
        );
        assert!(
            4 * between > values,
            "only {between} of {values} values are not saturated: {kinds:?}"
        );
    }
}

fn assert_compared(
    tallies: &Tallies,
    operator: &'static str,
    activation: &'static str,
    kernel: &str,
) {
    let kind = (operator, activation, kernel.to_owned());
    assert!(tallies.contains_key(&kind), "nothing compared: {kind:?}");
}

/// A latent becomes a random map, which the operator in question reads, modulated or not; a picture is made of its output.
fn around(random: &mut Random, input: Shape, plan: Plan, modulated: bool) -> Decoder {
    // A shift that weighs about as much as the sums.
    let modulation = Plan {
        operator: Operator::Modulation { shift: 7 },
        output: shape(1, 1, 2 * plan.output.channels),
        activation: Activation::Linear,
        zero_point: Some(0),
    };
    let plans = [
        Plan {
            operator: Operator::Dense,
            output: input,
            activation: Activation::Linear,
            zero_point: None,
        },
        modulation,
        plan,
        Plan {
            operator: square(1),
            output: Shape {
                channels: 1,
                ..plan.output
            },
            activation: Activation::Linear,
            zero_point: None,
        },
    ];
    Decoder {
        name: format!("{:?} from {input:?} to {:?}", plan.operator, plan.output),
        file: match modulated {
            true => decoder(random, LATENT, &plans),
            false => decoder(random, LATENT, &[plans[0], plans[2], plans[3]]),
        },
        latents: (0..48).map(|_| random.latent(LATENT)).collect(),
    }
}

/// Decoders around every operator with every activation.
fn random_decoders(seed: u64, modulated: bool) -> Vec<Decoder> {
    let mut random = Random::new(seed);
    let mut decoders = Vec::new();
    for activation in [Activation::Linear, Activation::Relu, LEAKY] {
        for index in 0..24 {
            let (mut activation, mut zero_point) = (activation, None);
            if index % 2 == 1 {
                match &mut activation {
                    Activation::Linear => {}
                    // The engine has integer kernels for a ReLU whose zero is the lowest value.
                    Activation::Relu => zero_point = Some(-128),
                    Activation::LeakyRelu { slope } => *slope = random.below(65536) as u16,
                }
            }
            let input = shape(random.side(9), random.side(9), random.side(12));
            let (window, output) = window(&mut random, input);
            let channels = random.side(9);
            for (operator, output) in [
                (Operator::Dense, shape(3, 4, channels)),
                (Operator::Conv2d(window), Shape { channels, ..output }),
                (Operator::Depthwise(window), output),
                (
                    Operator::TransposedConv2d,
                    shape(2 * input.height, 2 * input.width, channels),
                ),
            ] {
                let plan = Plan {
                    operator,
                    output,
                    activation,
                    zero_point,
                };
                if modulated && operator == Operator::Dense {
                    continue;
                }
                decoders.push(around(&mut random, input, plan, modulated));
            }
        }
    }
    decoders
}

#[test]
fn modulated_operators_on_random_layers() {
    if !is_here() {
        return;
    }
    let tallies = hold(&random_decoders(3, true));
    assert_compared(&tallies, "modulation", "linear", "float");
    for operator in [
        "modulated convolution",
        "modulated depthwise",
        "modulated transposed",
    ] {
        for activation in ["linear", "ReLU", "leaky ReLU"] {
            assert_compared(&tallies, operator, activation, "float");
        }
    }
    check(&tallies);
}

#[test]
fn operators_on_random_layers() {
    if !is_here() {
        return;
    }
    let decoders = random_decoders(1, false);
    let tallies = hold(&decoders);
    for operator in ["dense", "convolution", "depthwise", "transposed"] {
        for activation in ["linear", "ReLU", "leaky ReLU"] {
            assert_compared(&tallies, operator, activation, "float");
        }
    }
    // What the engine has integer kernels for depends on the processor.
    if cfg!(target_arch = "x86_64") {
        for activation in ["linear", "ReLU"] {
            assert_compared(&tallies, "dense", activation, "QGemm");
            assert_compared(&tallies, "convolution", activation, "QLinearConv");
            assert_compared(&tallies, "depthwise", activation, "QLinearConv");
        }
    }
    check(&tallies);
}

#[test]
fn the_layers_of_whole_decoders() {
    if !is_here() {
        return;
    }
    let [eight, four] = GOLDEN.map(|(name, file)| {
        let model = Model::load(file).unwrap();
        let latents = (0..300).map(|seed| {
            let mut latent = vec![0; model.z_s() + model.z_u()];
            let request = Request::new((seed % u64::from(model.classes())) as u16, seed);
            model.sample(&request, &mut latent).unwrap();
            latent
        });
        Decoder {
            name: name.into(),
            file: file.to_vec(),
            latents: latents.collect(),
        }
    });
    // The decoder of the preset `micro-plain`.
    let plan = |operator, output, activation| Plan {
        operator,
        output,
        activation,
        zero_point: None,
    };
    let plans = [
        plan(Operator::Dense, shape(7, 7, 16), LEAKY),
        plan(Operator::TransposedConv2d, shape(14, 14, 24), LEAKY),
        plan(Operator::TransposedConv2d, shape(28, 28, 8), LEAKY),
        plan(square(3), shape(28, 28, 1), Activation::Linear),
    ];
    let mut random = Random::new(2);
    let micro_plain = Decoder {
        name: "micro-plain".into(),
        file: decoder(&mut random, LATENT, &plans),
        latents: (0..24).map(|_| random.latent(LATENT)).collect(),
    };
    check(&hold(&[eight, four, micro_plain]));
}
