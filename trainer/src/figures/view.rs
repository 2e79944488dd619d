//! Views of a latent space in the plane, by t-SNE (van der Maaten and Hinton, "Visualizing data using t-SNE", 2008).

use super::Networks;
use super::generator::latents_of;
use crate::data::Dataset;
use crate::model::ClassSource;
use crate::random::{Purpose, generator, normal};
use anyhow::{Result, ensure};

/// Neighbours that a point tries to keep; fewer where there are few points.
const PERPLEXITY: usize = 30;
/// Pictures at least: the library asks for three times as many points as neighbours.
pub const FEWEST: usize = 12;
/// Steps of the optimization.
const EPOCHS: usize = 750;
/// Accuracy of the tree that stands for far points: smaller is more exact and slower.
const THETA: f32 = 0.5;
/// The deviation of the points at the start.
const START: f32 = 1e-2;

/// A latent space of a model in the plane.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// `z_s`, `z_u`, or `z` of a model that does not part them.
    pub name: &'static str,
    /// A point for each picture.
    pub points: Vec<[f32; 2]>,
}

/// Test pictures in the latent spaces that a model reads from them. `z_s` is left out where it is the class itself.
/// Their places follow from the seed.
///
/// # Errors
///
/// When there are too few pictures to have neighbours.
pub fn views(
    networks: &dyn Networks,
    data: &Dataset,
    indices: &[usize],
    seed: u64,
) -> Result<Vec<View>> {
    let (pictures, classes) = data.test.some(indices, data.bytes_per_picture());
    let codes = networks.encode(&pictures, &classes)?;
    let (label, style) = networks.dimensions();
    let spaces = match networks.class_source() {
        ClassSource::Picture => vec![("z_s", codes.z_s, label), ("z_u", codes.mean, style)],
        ClassSource::Label => vec![("z_u", codes.mean, style)],
        ClassSource::None => vec![("z", latents_of(&codes, (label, style)), label + style)],
    };
    let placed = spaces.into_iter().map(|(name, rows, dimensions)| {
        let points = place(&rows, dimensions, seed)?;
        Ok(View { name, points })
    });
    placed.collect()
}

/// A point in the plane for each row of latents.
fn place(latents: &[f32], dimensions: usize, seed: u64) -> Result<Vec<[f32; 2]>> {
    let rows: Vec<&[f32]> = latents.chunks_exact(dimensions).collect();
    ensure!(
        rows.len() >= FEWEST,
        "{} pictures are too few for a view of their latents: at least {FEWEST} are needed",
        rows.len()
    );
    let perplexity = PERPLEXITY.min((rows.len() - 1) / 4);
    let mut start = normal(&mut generator(seed, Purpose::Figures, 1), 2 * rows.len());
    start.iter_mut().for_each(|value| *value *= START);
    let distance = |a: &&[f32], b: &&[f32]| {
        let squares = a.iter().zip(*b).map(|(a, b)| (a - b) * (a - b));
        squares.sum::<f32>().sqrt()
    };
    // The library's sums depend on how its work is shared: one thread gives the same points on every machine.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let points = pool.install(|| {
        let mut embedding = bhtsne::tSNE::<f32, &[f32], 2>::new(&rows);
        embedding
            .perplexity(perplexity as f32)
            .epochs(EPOCHS)
            .initial_embedding(start)
            .barnes_hut(THETA, distance);
        embedding.embedding()
    });
    Ok(points.as_chunks::<2>().0.to_vec())
}

#[cfg(test)]
mod tests {
    use super::super::plain_networks::{PlainNetworks, data};
    use super::*;

    /// Two far clouds in four dimensions.
    fn clouds() -> Vec<f32> {
        let noise = normal(&mut generator(3, Purpose::Figures, 9), 4 * 120);
        let shifted = noise.iter().enumerate().map(|(i, n)| match i / 4 % 2 {
            0 => *n,
            _ => *n + 20.0,
        });
        shifted.collect()
    }

    #[test]
    fn far_clouds_stay_apart() {
        let points = place(&clouds(), 4, 1).unwrap();
        // The nearest other point of each is one of its own cloud.
        for (i, a) in points.iter().enumerate() {
            let distance = |b: &[f32; 2]| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
            let others = (0..points.len()).filter(|&j| j != i);
            let nearest =
                others.min_by(|&j, &k| distance(&points[j]).total_cmp(&distance(&points[k])));
            assert_eq!(nearest.unwrap() % 2, i % 2, "point {i}");
        }
    }

    #[test]
    fn a_view_has_the_name_of_its_latents() {
        // A Golomb ruler: no two distances are equal, and the library's choice between equal neighbours is random.
        let marks = [0, 2, 5, 25, 37, 43, 59, 70, 85, 89, 98, 99, 106];
        let picture = |i: usize| [marks[i], 2 * marks[5 * i % marks.len()]];
        let data = data(&(0..marks.len()).map(picture).collect::<Vec<_>>());
        let picked: Vec<usize> = (0..marks.len()).collect();
        let of = |which: usize| -> Vec<f32> {
            let pixels = data.test.pixels.iter().skip(which).step_by(2);
            pixels.map(|&pixel| f32::from(pixel)).collect()
        };
        let both: Vec<f32> = data.test.pixels.iter().map(|&p| f32::from(p)).collect();
        let (z_s, z_u) = (("z_s", of(0), 1), ("z_u", of(1), 1));
        for (class_source, expected) in [
            (ClassSource::Picture, vec![z_s, z_u.clone()]),
            (ClassSource::Label, vec![z_u]),
            (ClassSource::None, vec![("z", both, 2)]),
        ] {
            let networks = PlainNetworks { class_source };
            let found = views(&networks, &data, &picked, 4).unwrap();
            let expected: Vec<View> = expected
                .into_iter()
                .map(|(name, rows, dimensions)| View {
                    name,
                    points: place(&rows, dimensions, 4).unwrap(),
                })
                .collect();
            assert_eq!(found, expected, "{class_source:?}");
        }
    }

    #[test]
    fn the_seed_and_not_the_threads_decide() {
        let in_pool = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap().install(|| place(&clouds(), 4, 1).unwrap())
        };
        assert_eq!(in_pool(1), in_pool(3));
        assert_ne!(in_pool(1), place(&clouds(), 4, 2).unwrap());
    }

    #[test]
    fn few_points_are_refused() {
        let message = place(&[0.0; 20], 4, 1).unwrap_err().to_string();
        assert!(message.contains("5 pictures are too few"), "{message}");
    }
}
