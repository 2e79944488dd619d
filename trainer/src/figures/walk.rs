//! Walks through the latent space.

use super::Networks;
use crate::grid::Grid;
use pixling::{Request, Temperature};

/// How far a walk along a dimension of `z_u` goes to both sides, in deviations of its prior.
const REACH: f32 = 2.5;

/// A walk from the mean of one class to the mean of another, both below the number of classes, in `steps` pictures, the
/// ends included, with `z_u` fixed; a row for each style.
pub fn class_walk(
    networks: &dyn Networks,
    (from, to): (u16, u16),
    styles: impl IntoIterator<Item = u64>,
    steps: usize,
) -> Grid {
    let mut latents = Vec::new();
    for seed in styles {
        let end = |class| {
            networks.latents(&[Request {
                z_s_temperature: Temperature::ZERO,
                ..Request::new(class, seed)
            }])
        };
        let (start, end) = (end(from), end(to));
        for step in 0..steps {
            let part = step as f32 / (steps.max(2) - 1) as f32;
            let between = start.iter().zip(&end).map(|(a, b)| a + (b - a) * part);
            latents.extend(between);
        }
    }
    sheet(networks, &latents, steps)
}

/// A walk along dimensions of `z_u`, a row each and below their number, from -2.5 to 2.5 deviations of the prior in
/// `steps` pictures: `z_s` is the mean of the class, the other dimensions of `z_u` are 0.
pub fn style_walk(networks: &dyn Networks, class: u16, dimensions: &[usize], steps: usize) -> Grid {
    let middle = networks.latents(&[Request {
        z_s_temperature: Temperature::ZERO,
        z_u_temperature: Temperature::ZERO,
        ..Request::new(class, 0)
    }]);
    let label = networks.dimensions().0;
    let mut latents = Vec::new();
    for &dimension in dimensions {
        for step in 0..steps {
            let part = step as f32 / (steps.max(2) - 1) as f32;
            let mut latent = middle.clone();
            latent[label + dimension] = REACH * (2.0 * part - 1.0);
            latents.extend(latent);
        }
    }
    sheet(networks, &latents, steps)
}

fn sheet(networks: &dyn Networks, latents: &[f32], columns: usize) -> Grid {
    let mut grid = Grid::new(networks.format(), columns);
    grid.push_all(&networks.decode(latents));
    grid
}
