//! A model that is there without training.

use pixling::write::{Contents, Plain, pack, to_bytes};
use pixling::{Activation, Coding, Geometry, Head, Layer, Operator, Shape};

const SIDE: u16 = 8;
const PIXELS: usize = SIDE as usize * SIDE as usize;

/// The bytes of a model of 8x8 grey pixels with two classes, `left` and `right`: which half is bright. The style makes it
/// brighter or darker.
pub fn model() -> Vec<u8> {
    let shape = |side, channels| Shape {
        height: side,
        width: side,
        channels,
    };
    // From z_s: one half up, the other down. From z_u: all up or down.
    let weights: Vec<i8> = (0..PIXELS)
        .flat_map(|index| {
            let left = index % usize::from(SIDE) < usize::from(SIDE) / 2;
            let side: i8 = if left { -127 } else { 127 };
            [side, 16]
        })
        .collect();
    let geometry = Geometry {
        operator: Operator::Dense,
        input: shape(1, 2),
        output: shape(SIDE, 1),
    };
    let activation = Activation::Linear;
    let plain = Plain {
        weights: &weights,
        bias: &[0; PIXELS],
        // 1/127: a latent of 90 becomes a pixel of 128 + 90.
        multipliers: &[((1i64 << 32) / 127) as i32],
    };
    let packed = pack(&geometry, activation, plain);
    let layer = Layer {
        geometry,
        head: Head {
            zero_point: 0,
            activation,
            coding: Coding::Int8,
        },
        tables: packed.tables(),
    };
    let means = [-90i16 * 256, 90 * 256].map(i16::to_le_bytes);
    let deviations = [1000u16.to_le_bytes(); 2];
    let contents = Contents {
        name: "halves",
        data: "made by hand",
        licence: "MIT OR Apache-2.0",
        labels: "left\nright",
        z_s: 1,
        z_u: 1,
        mu: means.as_flattened(),
        sigma: deviations.as_flattened(),
        z_u_sigma: 20 * 256,
        pixels: &std::array::from_fn::<u8, 256, _>(|index| index as u8),
        golden: &[],
        layers: &[layer],
    };
    // Two classes and 64 pixels exceed nothing that a file can hold.
    to_bytes(&contents).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixling::{Model, Request};

    #[test]
    fn each_class_is_bright_on_its_side() {
        let file = model();
        let model = Model::load(&file).unwrap();
        let mut arena = vec![0; model.arena_bytes()];
        for (class, label) in [(0, "left"), (1, "right")] {
            assert_eq!(model.class_label(class), Some(label));
            for seed in 0..20 {
                let picture = model
                    .generate(&Request::new(class, seed), &mut arena)
                    .unwrap();
                let [left, right] = [0, 7].map(|x| picture.pixels()[x]);
                assert_eq!(left > right, class == 0, "{left} {right}");
            }
        }
    }
}
