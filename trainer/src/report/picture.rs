//! Pictures inside the page.

use crate::grid::Grid;
use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A picture of the page.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its bytes as an address.
    pub uri: String,
    /// Its description, the alternative text.
    pub alt: String,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Picture {
    /// A sheet, its pixels enlarged so that they stay sharp where it is about as wide as a page.
    ///
    /// # Errors
    ///
    /// As [`Grid::png`].
    pub fn new(sheet: &Grid, alt: impl Into<String>) -> Result<Picture> {
        /// The sheets of all classes together are most of the page's bytes.
        const WIDTH: u32 = 1000;
        let scale = (WIDTH / sheet.size(1).0.max(1)).max(1);
        let png = sheet.png(scale)?;
        let (width, height) = sheet.size(scale);
        Ok(Picture {
            uri: format!("data:image/png;base64,{}", STANDARD.encode(png)),
            alt: alt.into(),
            width,
            height,
        })
    }
}

/// A row of pictures with its name.
#[derive(Clone, Debug)]
pub struct Strip {
    /// Its name.
    pub label: String,
    /// The pictures.
    pub picture: Picture,
}

impl Strip {
    /// The rows of a sheet, each with a label.
    ///
    /// # Errors
    ///
    /// As [`Picture::new`].
    pub fn of_rows(sheet: &Grid, labels: &[String], what: &str) -> Result<Vec<Strip>> {
        let rows = sheet.rows().into_iter().zip(labels);
        rows.map(|(row, label)| {
            let picture = Picture::new(&row, format!("{what}: {label}"))?;
            Ok(Strip {
                label: label.clone(),
                picture,
            })
        })
        .collect()
    }
}
