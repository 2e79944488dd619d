//! New pictures: latents of classes, decoded.

use super::Generator;
use crate::grid::Grid;
use anyhow::Result;
use pixling::{Request, Temperature, Way};

/// The contents of a sheet of new pictures.
#[derive(Clone, Debug)]
pub struct Samples {
    /// The classes, one after another.
    pub classes: Vec<u16>,
    /// Pictures of each class.
    pub count: usize,
    /// Columns of the sheet; with `count` of them each class has a row.
    pub columns: usize,
    /// The seed of the first picture of each class; the following pictures have the following seeds. Pictures with the
    /// same seed share their style if the way is [`Way::Styled`].
    pub seed: u64,
    /// The temperature of `z_s`.
    pub z_s_temperature: Temperature,
    /// The temperature of `z_u`.
    pub z_u_temperature: Temperature,
    /// The distribution of both.
    pub way: Way,
}

/// A sheet of new pictures.
///
/// # Errors
///
/// When there is no such class.
pub fn samples(generator: &dyn Generator, wanted: &Samples) -> Result<Grid> {
    let of_class = |&class: &u16| {
        (0..wanted.count as u64).map(move |i| Request {
            z_s_temperature: wanted.z_s_temperature,
            z_u_temperature: wanted.z_u_temperature,
            way: wanted.way,
            ..Request::new(class, wanted.seed.wrapping_add(i))
        })
    };
    let requests: Vec<Request> = wanted.classes.iter().flat_map(of_class).collect();
    let mut grid = Grid::new(generator.format(), wanted.columns);
    grid.push_all(&generator.draw(&requests)?);
    Ok(grid)
}
