//! The smallest model.

use crate::{Numbers, Parts, Plan, shape};
use pixling::{Activation, Operator};

const SIDE: u16 = 8;
const PIXELS: usize = SIDE as usize * SIDE as usize;

/// The bytes of a model of 8x8 grey pixels with two classes, `left` and `right`: which half is bright. The style makes it
/// brighter or darker.
pub fn halves() -> Vec<u8> {
    let mut parts = Parts::new("halves", &["left", "right"], 1, 1);
    parts.mu = [-90i16 * 256, 90 * 256]
        .map(i16::to_le_bytes)
        .as_flattened()
        .to_vec();
    parts.sigma = [1000u16.to_le_bytes(); 2].as_flattened().to_vec();
    parts.z_u_sigma = 20 * 256;
    // From z_s: one half up, the other down. From z_u: all up or down.
    let weights = (0..PIXELS).flat_map(|index| {
        let left = index % usize::from(SIDE) < usize::from(SIDE) / 2;
        [if left { -127 } else { 127 }, 16]
    });
    let numbers = Numbers::Int8 {
        weights: weights.collect(),
        bias: vec![0; PIXELS],
        // 1/127: a latent of 90 becomes a pixel of 128 + 90.
        multipliers: vec![((1i64 << 32) / 127) as i32],
    };
    let plan = Plan {
        operator: Operator::Dense,
        output: shape(SIDE, SIDE, 1),
        activation: Activation::Linear,
        zero_point: 0,
    };
    parts.push(plan, &numbers);
    parts.bytes(&[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixling::{Model, Request};

    #[test]
    fn each_class_is_bright_on_its_side() {
        let file = halves();
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
