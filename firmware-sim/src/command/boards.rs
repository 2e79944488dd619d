//! `pixling-sim boards`.

use super::arguments::Boards;
use super::{Verdict, json, print};
use crate::board::{self, Catalog, CoreProfile, Fit, Measured};
use crate::{Error, ModelFile};

pub(crate) fn boards(arguments: &Boards) -> Result<Verdict, Error> {
    let file = ModelFile::read(&arguments.model)?;
    let model = file.model()?;
    let catalog = Catalog::with_file(arguments.boards.as_deref())?;
    let measured = if arguments.recorded {
        Measured::nothing()
    } else {
        let cores: Result<Vec<&CoreProfile>, Error> = catalog
            .boards()
            .iter()
            .map(|board| catalog.core(&board.core))
            .collect();
        Measured::emulated(&file, cores?)
    };
    let mut fits = Vec::new();
    for board in catalog.boards() {
        let display = catalog.display(arguments.display.as_ref().unwrap_or(&board.display))?;
        fits.push(Fit::new(&model, board, display, &catalog, &measured)?);
    }
    print(&if arguments.json {
        json(&fits)
    } else {
        board::table(&fits, &measured.reasons())
    })?;
    Ok(Verdict::Good)
}
