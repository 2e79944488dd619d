//! `pixling-sim run`.

use super::arguments::Run;
use super::{Verdict, print};
use crate::{Classes, Error, ModelFile, run, write_atomically};

pub(crate) fn run(arguments: &Run) -> Result<Verdict, Error> {
    let file = ModelFile::read(&arguments.model)?;
    let model = file.model()?;
    for class in Classes::One(arguments.class.clone()).numbers(&model)? {
        let png = run::show(&model, arguments.draw.request(class), arguments.display)?;
        write_atomically(&arguments.png, &png)?;
    }
    print(&format!("{}\n", arguments.png.display()))?;
    Ok(Verdict::Good)
}
