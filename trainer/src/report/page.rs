//! The contents of the page, in the order of reading.

use super::boards::{Row, rows};
use super::curves::{Curves, curves};
use super::grouped;
use super::picture::{Picture, Strip};
use crate::config::{Config, Schedule};
use crate::data::Dataset;
use crate::figures::chart::{class_colour, points};
use crate::figures::{
    FEWEST, Generator, Hidden, Networks, Samples, class_walk, in_turn, inpaint, samples,
    style_walk, swap, views,
};
use crate::grid::Grid;
use crate::metrics::{Evaluation, StyleDimension, psnr, style_dimensions};
use crate::model::ClassSource;
use crate::train::Epoch;
use anyhow::{Context, Result};
use askama::Template;
use pixling::{Coding, Layer, Model, Request, Temperature, Way};
use pixling_boards::Demand;

/// Classes that figures show; the page says when there are more.
const CLASSES: usize = 20;
/// Pictures in a row.
const COLUMNS: usize = 12;
/// Pictures on each edge of the swap matrix.
const SWAPPED: usize = 10;
/// Dimensions of `z_u` that are walked along.
const WALKED: usize = 8;
/// Test pictures whose latents are placed in the plane.
const PLACED: usize = 1000;
/// Seeds pictures and choices.
const SEED: u64 = 1;

/// A table in words: the names of the columns, and rows.
pub type Cells = (Vec<&'static str>, Vec<Vec<String>>);

/// A run with everything that the page shows of it.
pub struct Subject<'a> {
    /// The run's name.
    pub name: &'a str,
    /// Its settings.
    pub config: &'a Config,
    /// The data that it was trained and is measured on.
    pub data: &'a Dataset,
    /// Its networks, of a class-conditional model.
    pub networks: &'a dyn Networks,
    /// Its model file.
    pub file: &'a Model<'a>,
    /// The rows of its `log.csv`.
    pub log: &'a [Epoch],
    /// The measured figures.
    pub evaluation: &'a Evaluation,
    /// A row for each of them: its name, then values.
    pub figures: Cells,
    /// A row for each class that has enough pictures: its label, then Frechet distances within it.
    pub class_distances: Cells,
    /// The effect of rounding on each layer of the file.
    pub layers: Cells,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    name: &'a str,
    format: String,
    class_count: usize,
    file_bytes: String,
    arena_bytes: String,
    macs: String,
    /// Whether the class is an input of the model, and not read from the picture.
    told: bool,
    facts: Vec<(&'static str, String)>,
    classes: Vec<Class>,
    more_classes: usize,
    settings: String,
    training: Curves,
    joint: Vec<Strip>,
    styled: Vec<Strip>,
    /// With `z_s` at half the temperature; none if it has no deviation.
    half: Vec<Strip>,
    /// None where there is one test picture.
    swap: Option<Picture>,
    class_walks: Vec<Strip>,
    style_walks: Vec<Strip>,
    style_class: &'a str,
    inpainted: Vec<Completed>,
    /// None where the test pictures are fewer than [`FEWEST`].
    views: Vec<Chart>,
    placed: usize,
    dimensions: Vec<Dimension>,
    active: usize,
    total_kl: String,
    evaluation: &'a Evaluation,
    figures: Cells,
    class_distances: Cells,
    compared: Vec<Strip>,
    /// The bits of the weights, in words.
    bits: &'static str,
    similarity: String,
    layers: Cells,
    boards: Vec<Row>,
}

/// A class and its colour in the views.
struct Class {
    label: String,
    colour: String,
}

/// Completed pictures.
struct Completed {
    what: &'static str,
    picture: Picture,
    psnr: String,
    psnr_hidden: String,
}

/// A latent space in the plane.
struct Chart {
    name: &'static str,
    svg: String,
}

/// A dimension of `z_u`.
struct Dimension {
    index: usize,
    kl: String,
    /// Its KL relative to the largest, in percent.
    part: String,
    variance: String,
    active: bool,
}

/// The page about a run.
///
/// # Errors
///
/// When a loss is no number.
pub fn page(subject: Subject<'_>) -> Result<String> {
    let Subject {
        name,
        config,
        data,
        networks,
        file,
        log,
        evaluation,
        figures,
        class_distances,
        layers,
    } = subject;
    let shown: Vec<u16> = (0..data.labels.len().min(CLASSES) as u16).collect();
    let labels: Vec<String> = data.labels.iter().take(CLASSES).cloned().collect();
    let codes = networks.encode(&data.test.pixels, &data.test.classes)?;
    let style = style_dimensions(&codes, networks.dimensions().1);
    let (compared, similarity) = compare(networks, file, &shown, &labels)?;
    let style_class = shown.len() / 2;
    let told = networks.class_source() == ClassSource::Label;
    let half = Temperature::from_percent(50);
    let page = Page {
        name,
        format: data.format().to_string().replace('x', " × "),
        class_count: data.labels.len(),
        file_bytes: grouped(file.file_bytes() as u64),
        arena_bytes: grouped(file.arena_bytes() as u64),
        macs: grouped(file.macs()),
        told,
        facts: facts(config, data, networks),
        classes: classes(data),
        more_classes: data.labels.len() - labels.len(),
        settings: config.to_toml()?,
        training: curves(log, config.batch)?,
        joint: sampled(networks, &shown, &labels, Temperature::ONE, Way::Joint)?,
        styled: sampled(networks, &shown, &labels, Temperature::ONE, Way::Styled)?,
        half: match told {
            true => Vec::new(),
            false => sampled(networks, &shown, &labels, half, Way::Joint)?,
        },
        swap: swapped(networks, data)?,
        class_walks: between_classes(networks, &labels)?,
        style_walks: along_style(networks, style_class as u16, &style)?,
        style_class: &data.labels[style_class],
        inpainted: completed(networks, data)?,
        views: charts(networks, data)?,
        placed: data.test.len().min(PLACED),
        active: style.iter().filter(|dimension| dimension.active).count(),
        total_kl: format!("{:.1}", style.iter().map(|it| it.kl).sum::<f64>()),
        dimensions: dimensions(&style),
        evaluation,
        figures,
        class_distances,
        compared,
        bits: bits(file),
        similarity,
        layers,
        boards: rows(&Demand::from(file))?,
    };
    page.render().context("the page cannot be written")
}

/// Bits of the weights, in words.
fn bits(file: &Model<'_>) -> &'static str {
    let eight = |layer: Layer<'_>| layer.head.coding == Coding::Int8;
    match (file.layers().all(eight), file.layers().any(eight)) {
        (true, _) => "eight bits",
        (false, true) => "eight and four bits",
        (false, false) => "four bits",
    }
}

fn facts(config: &Config, data: &Dataset, networks: &dyn Networks) -> Vec<(&'static str, String)> {
    let (label, style) = networks.dimensions();
    vec![
        ("Model", config.model.to_string()),
        ("Preset", config.preset.clone()),
        ("Data", data.name.clone()),
        ("Licence of the data", data.licence.clone()),
        (
            "Pictures",
            format!(
                "{} to learn from, {} to measure on",
                grouped(data.train.len() as u64),
                grouped(data.test.len() as u64)
            ),
        ),
        (
            "Latents",
            format!("{label} for the class, {style} for the style"),
        ),
        (
            "Training",
            format!(
                "{} epochs in batches of {}, seed {}",
                config.epochs, config.batch, config.seed
            ),
        ),
        (
            "Schedule",
            match config.optimizer.schedule {
                Schedule::Merged => "merged: one backward pass of all losses".into(),
                Schedule::Reference => {
                    "reference: an optimizer for each objective, as the authors train".into()
                }
            },
        ),
    ]
}

fn classes(data: &Dataset) -> Vec<Class> {
    let count = data.labels.len();
    let labels = data.labels.iter().take(CLASSES).enumerate();
    labels
        .map(|(class, label)| {
            let [red, green, blue] = class_colour(class, count);
            Class {
                label: label.clone(),
                colour: format!("#{red:02x}{green:02x}{blue:02x}"),
            }
        })
        .collect()
}

fn sampled(
    networks: &dyn Networks,
    classes: &[u16],
    labels: &[String],
    z_s_temperature: Temperature,
    way: Way,
) -> Result<Vec<Strip>> {
    let wanted = Samples {
        classes: classes.to_vec(),
        count: COLUMNS,
        columns: COLUMNS,
        seed: SEED,
        z_s_temperature,
        z_u_temperature: Temperature::ONE,
        way,
    };
    let sheet = samples(networks, &wanted)?;
    Strip::of_rows(&sheet, labels, "New pictures of the class")
}

fn swapped(networks: &dyn Networks, data: &Dataset) -> Result<Option<Picture>> {
    let picked = in_turn(&data.test, data.labels.len(), 2 * SWAPPED, SEED);
    if picked.len() < 2 {
        return Ok(None);
    }
    let (rows, columns) = picked.split_at(picked.len().div_ceil(2));
    let sheet = swap(networks, data, rows, columns)?;
    let names = |indices: &[usize]| -> String {
        let classes = indices.iter().map(|&i| usize::from(data.test.classes[i]));
        let names: Vec<&str> = classes.map(|class| data.labels[class].as_str()).collect();
        names.join(", ")
    };
    let alt = format!(
        "A matrix of pictures. On the left edge test pictures of {}; on the top edge test pictures of {}. \
         Each picture inside has the class of the one on its left in the style of the one above.",
        names(rows),
        names(columns)
    );
    Picture::new(&sheet, alt).map(Some)
}

/// From each class to the next, some of them.
fn between_classes(networks: &dyn Networks, labels: &[String]) -> Result<Vec<Strip>> {
    const WALKS: usize = 6;
    let mut strips = Vec::new();
    for (index, pair) in labels.windows(2).enumerate().take(WALKS) {
        let from = index as u16;
        let sheet = class_walk(networks, (from, from + 1), [SEED + index as u64], COLUMNS);
        let label = format!("{} → {}", pair[0], pair[1]);
        strips.extend(Strip::of_rows(&sheet, &[label], "A walk between classes")?);
    }
    Ok(strips)
}

fn along_style(
    networks: &dyn Networks,
    class: u16,
    style: &[StyleDimension],
) -> Result<Vec<Strip>> {
    let walked = &style[..style.len().min(WALKED)];
    let indices: Vec<usize> = walked.iter().map(|dimension| dimension.index).collect();
    let sheet = style_walk(networks, class, &indices, COLUMNS);
    let labels: Vec<String> = walked
        .iter()
        .map(|dimension| format!("dimension {}, {:.2} nats", dimension.index, dimension.kl))
        .collect();
    Strip::of_rows(&sheet, &labels, "A walk along z_u")
}

fn completed(networks: &dyn Networks, data: &Dataset) -> Result<Vec<Completed>> {
    let picked = in_turn(&data.test, data.labels.len(), COLUMNS, SEED + 1);
    let complete = |(what, hidden)| {
        let found = inpaint(networks, data, &picked, hidden)?;
        let alt = format!(
            "Three rows of pictures: originals; the same with {what} hidden; completed by the model"
        );
        Ok(Completed {
            what,
            picture: Picture::new(&found.sheet, alt)?,
            psnr: format!("{:.1}", found.psnr),
            psnr_hidden: format!("{:.1}", found.psnr_hidden),
        })
    };
    [
        ("the lower half", Hidden::Bottom),
        ("the left half", Hidden::Left),
        ("the middle", Hidden::Middle),
    ]
    .into_iter()
    .map(complete)
    .collect()
}

fn charts(networks: &dyn Networks, data: &Dataset) -> Result<Vec<Chart>> {
    let picked = in_turn(&data.test, data.labels.len(), PLACED, SEED);
    if picked.len() < FEWEST {
        return Ok(Vec::new());
    }
    let classes: Vec<u16> = picked.iter().map(|&i| data.test.classes[i]).collect();
    views(networks, data, &picked, SEED)?
        .into_iter()
        .map(|view| {
            let svg = points(&view.points, &classes, data.labels.len())?;
            Ok(Chart {
                name: view.name,
                svg: svg.inline(),
            })
        })
        .collect()
}

fn dimensions(style: &[StyleDimension]) -> Vec<Dimension> {
    let most = style.iter().map(|it| it.kl).fold(1e-9, f64::max);
    let dimension = |it: &StyleDimension| Dimension {
        index: it.index,
        kl: format!("{:.2}", it.kl),
        part: format!("{:.1}", 100.0 * it.kl / most),
        variance: format!("{:.3}", it.variance),
        active: it.active,
    };
    style.iter().map(dimension).collect()
}

/// Pictures of the same requests by the network and by the file, and their PSNR in decibels.
fn compare(
    networks: &dyn Networks,
    file: &Model<'_>,
    classes: &[u16],
    labels: &[String],
) -> Result<(Vec<Strip>, String)> {
    /// Pairs of each class.
    const PAIRS: u64 = COLUMNS as u64 / 2;
    let of_class = |&class: &u16| (0..PAIRS).map(move |i| Request::new(class, SEED + 100 + i));
    let requests: Vec<Request> = classes.iter().flat_map(of_class).collect();
    let (float, quantized) = (networks.draw(&requests)?, file.draw(&requests)?);
    let format = networks.format();
    let bytes = format.bytes_per_picture();
    let mut sheet = Grid::new(format, COLUMNS);
    for (a, b) in float.chunks_exact(bytes).zip(quantized.chunks_exact(bytes)) {
        sheet.push(a);
        sheet.push(b);
    }
    let strips = Strip::of_rows(
        &sheet,
        labels,
        "In turn a picture of the float network and the same of the quantized file",
    )?;
    Ok((strips, format!("{:.1}", psnr(&float, &quantized))))
}
