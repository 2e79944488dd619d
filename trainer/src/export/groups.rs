//! The scales of groups of 4-bit weights: small integers, in steps of their output channel.

/// The largest scale of a group.
const MOST: u8 = 15;
/// Weights of 4 bits.
const LOW: f64 = -8.0;
const HIGH: f64 = 7.0;

/// A weight of 4 bits.
pub(super) fn nibble(weight: f64, step: f64) -> i8 {
    (weight / step).round().clamp(LOW, HIGH) as i8
}

/// The scale of a group in steps of its channel that has the least squared error, and that error.
pub(super) fn best_scale(weights: &[f64], step: f64) -> (u8, f64) {
    let error = |scale: u8| -> f64 {
        let step = step * f64::from(scale);
        let squared =
            |weight: &f64| (weight - step * (weight / step).round().clamp(LOW, HIGH)).powi(2);
        weights.iter().map(squared).sum()
    };
    let nothing = (0, weights.iter().map(|weight| weight * weight).sum());
    let tried = (1..=MOST).map(|scale| (scale, error(scale)));
    tried.fold(
        nothing,
        |best, tried| if tried.1 < best.1 { tried } else { best },
    )
}

/// The step of a channel for which its groups have the least squared error.
pub(super) fn best_step(groups: &[Vec<f64>]) -> f64 {
    let largest = groups
        .iter()
        .flatten()
        .fold(0f64, |most, w| most.max(w.abs()));
    // Starts at the step with which the largest weight is at the end of the range on its side.
    let whole = largest / (f64::from(MOST) * HIGH);
    let tried = (8..=20).map(|share| whole * f64::from(share) / 20.0);
    let error = |step: f64| -> f64 { groups.iter().map(|g| best_scale(g, step).1).sum() };
    let tried = tried.map(|step| (step, error(step)));
    let best = tried.min_by(|a, b| a.1.total_cmp(&b.1));
    best.map_or(whole, |(step, _)| step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_on_the_grid_are_kept() {
        let step = 0.01;
        for scale in 1..=MOST {
            let group: Vec<f64> = (-8..=7)
                .map(|q| f64::from(q * i32::from(scale)) * step)
                .collect();
            let (found, error) = best_scale(&group, step);
            assert!(error < 1e-18, "{scale}: {found}, {error}");
            for weight in &group {
                let step = step * f64::from(found);
                assert!((f64::from(nibble(*weight, step)) * step - weight).abs() < 1e-12);
            }
        }
        assert_eq!(best_scale(&[0.0; 3], step).0, 0);
    }

    #[test]
    fn a_chosen_step_is_no_worse_than_one_that_covers_everything() {
        let groups: Vec<Vec<f64>> = (0..6)
            .map(|g| {
                let values = (0..32).map(|i| f64::from((i * 37 + g * 11) % 29 - 14));
                values
                    .map(|v| v.powi(3) * 1e-4 * f64::from(g + 1))
                    .collect()
            })
            .collect();
        let error = |step: f64| -> f64 { groups.iter().map(|g| best_scale(g, step).1).sum() };
        let largest = groups
            .iter()
            .flatten()
            .fold(0f64, |most, w| most.max(w.abs()));
        assert!(error(best_step(&groups)) <= error(largest / 105.0));
    }
}
