//! The paper's synthesis figure: the class of one picture in the style of another.

use super::Networks;
use crate::data::Dataset;
use crate::grid::Grid;
use anyhow::Result;

/// Test pictures `rows` on the left edge and `columns` on the top edge; inside, `z_s` of the left one with the mean of
/// `z_u` of the top one, decoded.
///
/// # Errors
///
/// When the pictures cannot be encoded.
pub fn swap(
    networks: &dyn Networks,
    data: &Dataset,
    rows: &[usize],
    columns: &[usize],
) -> Result<Grid> {
    let (label, style) = networks.dimensions();
    let encode = |indices: &[usize]| {
        let (pictures, classes) = data.test.some(indices, data.bytes_per_picture());
        networks.encode(&pictures, &classes)
    };
    let (shapes, styles) = (encode(rows)?, encode(columns)?);
    let mut latents = Vec::new();
    for z_s in shapes.z_s.chunks_exact(label) {
        for z_u in styles.mean.chunks_exact(style) {
            latents.extend_from_slice(z_s);
            latents.extend_from_slice(z_u);
        }
    }
    let bytes = data.bytes_per_picture();
    let pictures = networks.decode(&latents);
    let mut grid = Grid::new(data.format(), columns.len() + 1);
    grid.skip();
    for &column in columns {
        grid.push(data.test.picture(column, bytes));
    }
    for (&row, swapped) in rows
        .iter()
        .zip(pictures.chunks_exact(bytes * columns.len().max(1)))
    {
        grid.push(data.test.picture(row, bytes));
        grid.push_all(swapped);
    }
    Ok(grid)
}

#[cfg(test)]
mod tests {
    use super::super::plain_networks::{PlainNetworks, data, pictures};
    use super::*;
    use crate::model::ClassSource;

    #[test]
    fn the_class_is_that_of_the_left_and_the_style_that_of_the_top() {
        let networks = PlainNetworks {
            class_source: ClassSource::Picture,
        };
        let data = data(&[[10, 90], [20, 70], [30, 50], [40, 60], [50, 0]]);
        let sheet = swap(&networks, &data, &[0, 1], &[2, 3, 4]).unwrap();
        let found = pictures(&sheet);
        assert_eq!(found[0][1..], [[30, 50], [40, 60], [50, 0]]);
        assert_eq!(found[1], [[10, 90], [10, 30], [10, 35], [10, 5]]);
        assert_eq!(found[2], [[20, 70], [20, 35], [20, 40], [20, 10]]);
        assert_eq!(found.len(), 3);
    }
}
