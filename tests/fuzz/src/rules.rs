//! The rules of `docs/format.md`, written down a second time: what loads keeps them.

use pixling::{Activation, Coding, Geometry, Layer, Model, Operator, Shape, Step, Window};

/// Weights are for whole groups of four channels.
fn groups(channels: u16) -> u64 {
    u64::from(channels).div_ceil(4)
}

fn size(shape: Shape) -> u64 {
    u64::from(shape.height) * u64::from(shape.width) * u64::from(shape.channels)
}

/// Panics where a model that was loaded breaks one.
pub(crate) fn are_kept(model: &Model<'_>) {
    let classes = model.classes();
    assert!((1..=1000).contains(&classes), "{classes} classes");
    for class in [0, classes - 1] {
        assert!(model.class_label(class).is_some(), "no label of {class}");
    }
    assert_eq!(model.class_label(classes), None);
    let latent = model.z_s() + model.z_u();
    assert!((1..=256).contains(&latent), "{latent} dimensions");
    for count in [model.components(), model.styles()] {
        assert!((1..=256).contains(&count), "{count} Gaussians");
    }
    assert!(model.golden().len() <= 4);
    assert!(model.golden().iter().all(|it| it.class < classes));

    let mut input = Shape {
        height: 1,
        width: 1,
        channels: latent as u16,
    };
    let latent = input;
    let (mut layers, mut macs, mut modulation) = (0, 0, None);
    for layer in model.layers() {
        let Geometry {
            operator, output, ..
        } = layer.geometry;
        let added = modulation.take().map_or(0, |(values, shift)| {
            assert!(!matches!(operator, Operator::Dense), "dense is modulated");
            assert_eq!(values, 2 * output.channels);
            128u64 << shift
        });
        keeps_them(&layer, added);
        if let Operator::Modulation { shift } = operator {
            assert_eq!(layer.geometry.input, latent);
            let first = model.layers().next().map(|it| it.geometry.operator);
            assert_eq!(first, Some(Operator::Dense));
            modulation = Some((output.channels, shift));
        } else {
            assert_eq!(layer.geometry.input, input);
            input = output;
        }
        layers += 1;
        macs += layer.geometry.macs();
    }
    assert_eq!(modulation, None);
    assert!((1..=32).contains(&layers), "{layers} layers");
    assert_eq!(model.macs(), macs);
    assert!(matches!(input.channels, 1 | 3), "{input:?}");
    let picture = [model.height(), model.width(), model.channels()];
    assert_eq!(picture, [input.height, input.width, input.channels]);
}

/// `added` is the most that a modulation adds to a bias.
fn keeps_them(layer: &Layer<'_>, added: u64) {
    let (input, output) = (layer.geometry.input, layer.geometry.output);
    let sides = [output.height, output.width];
    assert!(sides.iter().all(|it| (1..=1024).contains(it)), "{output:?}");
    assert!((1..=2048).contains(&output.channels), "{output:?}");
    assert!(size(output) <= 1 << 20, "{output:?}");

    let cells = groups(input.channels) * 4;
    let outputs = u64::from(output.channels);
    let pixels = |shape: Shape| u64::from(shape.height) * u64::from(shape.width);
    // Filters that follow each other so many times; of each the weights, and the inputs that an output has.
    let (runs, filters, length, fan_in) = match layer.geometry.operator {
        Operator::Dense => (pixels(output), outputs, pixels(input) * cells, size(input)),
        Operator::Modulation { shift } => {
            assert!(shift <= 20, "{shift}");
            assert_eq!((sides, layer.head.zero_point), ([1; 2], 0));
            assert_eq!(layer.head.activation, Activation::Linear);
            (1, outputs, cells, size(input))
        }
        Operator::Conv2d(window) => {
            reaches(window, input, output);
            let taps = taps(window);
            (1, outputs, taps * cells, taps * u64::from(input.channels))
        }
        Operator::Depthwise(window) => {
            reaches(window, input, output);
            assert_eq!(input.channels, output.channels);
            (1, groups(input.channels), taps(window) * 4, taps(window))
        }
        Operator::TransposedConv2d => {
            let doubled = [input.height, input.width].map(|side| 2 * u32::from(side));
            assert_eq!(sides.map(u32::from), doubled);
            (4, outputs, 4 * cells, 4 * u64::from(input.channels))
        }
        other => panic!("no rule for {other:?}"),
    };
    let biases = match layer.geometry.operator {
        Operator::Dense => size(output),
        _ => outputs,
    };
    assert!(fan_in <= 66_311, "{fan_in} inputs");
    let (weights, bias_bytes, multiplier_bytes) = match layer.head.coding {
        Coding::Int8 => (runs * filters * length, 4, 8),
        Coding::Int4 {
            multiplier_shift, ..
        } => {
            assert!(multiplier_shift <= 15);
            let of_block = match layer.geometry.operator {
                Operator::Depthwise(_) => 1,
                _ => 4,
            };
            let block = |filters: u64| {
                (filters * length.div_ceil(32)).div_ceil(2)
                    + filters * length.next_multiple_of(8) / 2
            };
            let run = filters / of_block * block(of_block) + block(filters % of_block);
            (runs * run, 1, 4)
        }
        other => panic!("no rule for {other:?}"),
    };
    assert_eq!(layer.tables.weights.len() as u64, weights);
    assert_eq!(layer.tables.bias.len() as u64, bias_bytes * biases);
    assert_eq!(
        layer.tables.multipliers.len() as u64,
        multiplier_bytes * outputs
    );

    // The numbers that it computes with.
    let numbers = layer.decoded();
    assert!(!numbers.weights.contains(&-128), "a weight of -128");
    let largest = numbers.bias.iter().map(|bias| bias.unsigned_abs()).max();
    let largest = added + u64::from(largest.unwrap_or(0));
    assert!(largest + fan_in * 127 * 255 <= i32::MAX as u64, "{largest}");
    for [above, below] in numbers.multipliers {
        assert!(above >= 0);
        match layer.head.activation {
            Activation::Linear => assert_eq!(below, above),
            Activation::Relu => assert_eq!(below, 0),
            Activation::LeakyRelu { .. } => assert!((0..=above).contains(&below)),
        }
    }
}

fn taps(window: Window) -> u64 {
    u64::from(window.kernel_height) * u64::from(window.kernel_width)
}

/// Kernel, stride and padding are within their limits, and the last window reaches into the input.
fn reaches(window: Window, input: Shape, output: Shape) {
    assert!((1..=4).contains(&window.stride), "{window:?}");
    for (kernel, padding, input, output) in [
        (
            window.kernel_height,
            window.padding_top,
            input.height,
            output.height,
        ),
        (
            window.kernel_width,
            window.padding_left,
            input.width,
            output.width,
        ),
    ] {
        assert!((1..=15).contains(&kernel) && padding < kernel, "{window:?}");
        let last = (i64::from(output) - 1) * i64::from(window.stride) - i64::from(padding);
        assert!(
            last < i64::from(input),
            "{window:?} of {input} for {output}"
        );
    }
}

/// Multiply-accumulates of what a step computed.
pub(crate) fn macs_of_a_row(model: &Model<'_>, step: Step) -> u64 {
    let (Step::Layer(index) | Step::Row(index)) = step else {
        return 0;
    };
    let layer = model.layers().nth(index.into());
    layer.map_or(0, |layer| {
        layer.geometry.macs() / u64::from(layer.geometry.output.height)
    })
}
