//! Walks through the latent space.

use super::Networks;
use crate::grid::Grid;
use pixling::{Request, Temperature, Way};

/// How far a walk along a dimension of `z_u` goes to both sides, in deviations of the codes of all pictures.
const REACH: f32 = 2.5;

/// A walk from one class to another, both below the number of classes, in `steps` pictures, the ends included; a row for
/// each style, whose `z_u` is fixed. The ends are means of components.
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
                way: Way::Styled,
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

/// The seed that chooses the component in the middle of a walk along `z_u`.
const SEED: u64 = 1;

/// A walk along dimensions of `z_u`, a row each and below their number, from 2.5 deviations below the mean of a component of
/// the class to 2.5 above it, in `steps` pictures; the other dimensions are as in the mean.
pub fn style_walk(networks: &dyn Networks, class: u16, dimensions: &[usize], steps: usize) -> Grid {
    let middle = networks.latents(&[Request {
        z_s_temperature: Temperature::ZERO,
        z_u_temperature: Temperature::ZERO,
        ..Request::new(class, SEED)
    }]);
    let label = networks.dimensions().0;
    let mut latents = Vec::new();
    for &dimension in dimensions {
        for step in 0..steps {
            let part = step as f32 / (steps.max(2) - 1) as f32;
            let mut latent = middle.clone();
            latent[label + dimension] += REACH * (2.0 * part - 1.0);
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
