//! The end of a layer for one picture, channels last: biases, modulation and activation.

/// Adds a bias to each sum; the biases repeat.
pub fn add_biases(sums: &mut [f32], biases: &[f32]) {
    for sums in sums.chunks_exact_mut(biases.len()) {
        for (sum, bias) in sums.iter_mut().zip(biases) {
            *sum += bias;
        }
    }
}

/// Shifts and scales each channel: `(x + shift) * (1 + scale)`.
pub fn modulate(values: &mut [f32], scales: &[f32], shifts: &[f32]) {
    for values in values.chunks_exact_mut(scales.len()) {
        for ((value, scale), shift) in values.iter_mut().zip(scales).zip(shifts) {
            *value = (*value + shift) * (1.0 + scale);
        }
    }
}

/// `max(x, 0)`.
pub fn relu(values: &mut [f32]) {
    for value in values {
        *value = value.max(0.0);
    }
}

/// `x` above zero, `slope * x` below.
pub fn leaky_relu(values: &mut [f32], slope: f32) {
    for value in values {
        if *value < 0.0 {
            *value *= slope;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn biases_and_modulations_repeat() {
        let mut values = [1.0, 2.0, 3.0, 4.0];
        add_biases(&mut values, &[10.0, 20.0]);
        assert_eq!(values, [11.0, 22.0, 13.0, 24.0]);
        modulate(&mut values, &[0.5, 1.0], &[1.0, -2.0]);
        assert_eq!(values, [18.0, 40.0, 21.0, 44.0]);
    }

    #[test]
    fn activations_change_values_below_zero() {
        let mut values = [-4.0, 0.0, 3.0];
        leaky_relu(&mut values, 0.5);
        assert_eq!(values, [-2.0, 0.0, 3.0]);
        relu(&mut values);
        assert_eq!(values, [0.0, 0.0, 3.0]);
    }
}
