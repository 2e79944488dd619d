//! Tables in text.

use crate::metrics::{Evaluation, Metrics};
use crate::report::Cells;
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

/// Lines of cells, two spaces apart; the first column is aligned to the left, the others to the right.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).add_row(head).add_rows(rows);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if index > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt() + "\n"
}

/// A figure of [`Metrics`].
pub(super) struct Field {
    pub(super) name: &'static str,
    /// Its meaning, for someone who has not met it.
    meaning: &'static str,
    /// Its value; absent where it does not apply.
    pub(super) of: fn(&Metrics) -> Option<f64>,
    /// Decimal places.
    pub(super) digits: usize,
    /// Whether a smaller one is better.
    pub(super) less_is_better: bool,
}

/// A figure of which more is better.
const fn more(
    name: &'static str,
    meaning: &'static str,
    of: fn(&Metrics) -> Option<f64>,
    digits: usize,
) -> Field {
    Field {
        name,
        meaning,
        of,
        digits,
        less_is_better: false,
    }
}

/// A figure of which less is better.
const fn less(
    name: &'static str,
    meaning: &'static str,
    of: fn(&Metrics) -> Option<f64>,
    digits: usize,
) -> Field {
    Field {
        less_is_better: true,
        ..more(name, meaning, of, digits)
    }
}

/// All figures.
pub(super) const FIELDS: [Field; 18] = [
    more(
        "conditional accuracy",
        "share of drawn pictures in which the judge sees the class that was asked for",
        |m| Some(m.conditional_accuracy),
        3,
    ),
    more(
        "Inception Score (judge)",
        "exp of the mean divergence of the judge's answers from their mean: sure answers, all classes; at most the \
         number of classes",
        |m| Some(m.inception_score),
        2,
    ),
    less(
        "Frechet distance (judge)",
        "distance of drawn pictures to the test pictures, as Gaussians of the judge's features: errors and missing \
         variety; not comparable with FID or between data sets",
        |m| Some(m.frechet_distance),
        2,
    ),
    less(
        "Frechet dist. in a class, mean",
        "the same within each class, in 16 principal components, mean of the classes",
        |m| m.mean_class_frechet_distance,
        2,
    ),
    more(
        "precision (judge)",
        "share of drawn pictures as near to a test picture as test pictures are to each other: realism",
        |m| m.precision,
        3,
    ),
    more(
        "recall (judge)",
        "share of test pictures as near to a drawn picture as drawn pictures are to each other: variety",
        |m| m.recall,
        3,
    ),
    less(
        "distance of 7x7 patches",
        "sliced Wasserstein distance of small parts of the pictures: texture",
        |m| m.patch_distance,
        1,
    ),
    more(
        "intra-class diversity",
        "mean 1 - SSIM of two drawn pictures of a class; best near that of real pictures",
        |m| Some(m.intra_class_diversity),
        3,
    ),
    more(
        "swap accuracy",
        "share of pictures from z_s of one test picture and z_u of another in which the judge sees the first one's class",
        |m| m.swap_accuracy,
        3,
    ),
    more(
        "swap accuracy, label given",
        "the same with z_s drawn for the class, which a CVAE can do too",
        |m| m.swap_accuracy_given_label,
        3,
    ),
    less(
        "swap Frechet distance",
        "Frechet distance of these pictures to the test pictures",
        |m| m.swap_frechet_distance,
        2,
    ),
    less(
        "class leakage of z_u",
        "accuracy of a fresh classifier that reads the class from z_u; ideal is chance",
        |m| m.z_u_leakage,
        3,
    ),
    more(
        "class accuracy of z_s",
        "share of test pictures whose z_s is likeliest in its own class's Gaussian",
        |m| m.z_s_accuracy,
        3,
    ),
    more(
        "I(z_s; c) at least, nats",
        "lower bound of the information of z_s on the class",
        |m| m.mi_bound_nats,
        3,
    ),
    more(
        "H(c), its limit, nats",
        "entropy of the classes, the largest value of this bound",
        |m| m.class_entropy_nats,
        3,
    ),
    less(
        "reconstruction Frechet dist.",
        "Frechet distance of encoded and decoded test pictures to the test pictures",
        |m| m.reconstruction_frechet_distance,
        2,
    ),
    more(
        "PSNR, dB",
        "peak signal to noise ratio of encoded and decoded test pictures",
        |m| m.psnr,
        2,
    ),
    more(
        "SSIM",
        "structural similarity of encoded and decoded test pictures",
        |m| m.ssim,
        3,
    ),
];

/// A line for each figure: the direction that is better, and its meaning.
pub(super) fn explanation() -> String {
    let width = FIELDS
        .iter()
        .map(|field| field.name.len())
        .max()
        .unwrap_or(0);
    let line = |field: &Field| {
        let better = if field.less_is_better { "less" } else { "more" };
        format!(
            "{:width$}  {better} is better: {}\n",
            field.name, field.meaning
        )
    };
    FIELDS.iter().map(line).collect()
}

impl Field {
    /// The figure in text; empty where it does not apply.
    pub(super) fn cell(&self, metrics: &Metrics) -> String {
        let digits = self.digits;
        (self.of)(metrics).map_or_else(String::new, |value| format!("{value:.digits$}"))
    }
}

/// The figures of an evaluation side by side.
pub(super) fn evaluation_cells(evaluation: &Evaluation) -> Cells {
    let mut columns: Vec<(&'static str, &Metrics)> = Vec::new();
    if let Some(float) = &evaluation.float {
        columns.push(("float", float));
    }
    columns.push(("quantized", &evaluation.quantized));
    columns.push(("z_s at 0.5", &evaluation.quantized_z_s_50));
    if let Some(styled) = &evaluation.quantized_styled {
        columns.push(("styled", styled));
    }
    columns.push(("real pictures", &evaluation.real));
    let head = std::iter::once("")
        .chain(columns.iter().map(|column| column.0))
        .collect();
    let rows = FIELDS.iter().filter_map(|field| {
        let known = columns
            .iter()
            .any(|(_, metrics)| (field.of)(metrics).is_some());
        known.then(|| {
            let cells = columns.iter().map(|(_, metrics)| field.cell(metrics));
            std::iter::once(field.name.to_string())
                .chain(cells)
                .collect()
        })
    });
    (head, rows.collect())
}

/// The Frechet distance within each class, of the file, also styled, and of real pictures; no rows if none is known.
pub(super) fn class_cells(evaluation: &Evaluation) -> Cells {
    let mut columns = vec![("file", &evaluation.quantized)];
    if let Some(styled) = &evaluation.quantized_styled {
        columns.push(("styled", styled));
    }
    columns.push(("real pictures", &evaluation.real));
    let cell = |metrics: &Metrics, class: usize| -> String {
        let distance = metrics.class_frechet_distances.get(class);
        let distance = distance.and_then(|it| it.frechet_distance);
        distance.map_or_else(String::new, |distance| format!("{distance:.2}"))
    };
    let classes = evaluation.quantized.class_frechet_distances.iter();
    let rows = classes.enumerate().filter_map(|(index, it)| {
        let cells = columns.iter().map(|(_, metrics)| cell(metrics, index));
        let cells: Vec<String> = cells.collect();
        let known = cells.iter().any(|cell| !cell.is_empty());
        known.then(|| std::iter::once(it.class.clone()).chain(cells).collect())
    });
    let rows = rows.collect();
    let head = std::iter::once("Frechet distance in a class");
    let head = head.chain(columns.iter().map(|column| column.0)).collect();
    (head, rows)
}

/// All figures of an evaluation in text.
pub(super) fn evaluation_table(evaluation: &Evaluation) -> String {
    let cautions = evaluation.cautions.iter();
    let mut text: String = cautions
        .map(|caution| format!("not to be relied on: {caution}\n"))
        .collect();
    let (head, rows) = evaluation_cells(evaluation);
    text += &table(&head, &rows);
    let (head, rows) = class_cells(evaluation);
    if !rows.is_empty() {
        text += "\n";
        text += &table(&head, &rows);
    }
    if !evaluation.factors.is_empty() {
        text += "\n";
        let rows: Vec<Vec<String>> = evaluation
            .factors
            .iter()
            .map(|score| {
                vec![
                    score.factor.clone(),
                    format!("{:.2}", score.z_u),
                    format!("{:.2}", score.z_s),
                ]
            })
            .collect();
        text += &table(
            &["R^2 of a linear fit to a factor", "from z_u", "from z_s"],
            &rows,
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Metrics, class_cells, evaluation_cells, evaluation_table, table};
    use crate::metrics::{ClassDistance, Evaluation};

    fn evaluation(of: [Metrics; 5]) -> Evaluation {
        let [float, quantized, quantized_z_s_50, styled, real] = of;
        Evaluation {
            float: Some(float),
            quantized,
            quantized_z_s_50,
            quantized_styled: Some(styled),
            real,
            factors: vec![],
            judge_accuracy: 0.9,
            cautions: vec![],
            samples_per_class: 10,
            z_s_temperature_percent: 100,
        }
    }

    #[test]
    fn each_figure_stands_under_the_name_of_its_form() {
        let metrics = |accuracy, psnr| Metrics {
            conditional_accuracy: accuracy,
            psnr,
            ..Metrics::default()
        };
        let evaluation = evaluation([
            metrics(0.1, Some(11.0)),
            metrics(0.2, Some(12.0)),
            metrics(0.3, None),
            metrics(0.35, None),
            metrics(0.4, None),
        ]);
        let (head, rows) = evaluation_cells(&evaluation);
        let names = [
            "",
            "float",
            "quantized",
            "z_s at 0.5",
            "styled",
            "real pictures",
        ];
        assert_eq!(head, names);
        let row = |name: &str| rows.iter().find(|row| row[0] == name).unwrap()[1..].to_vec();
        assert_eq!(
            row("conditional accuracy"),
            ["0.100", "0.200", "0.300", "0.350", "0.400"]
        );
        assert_eq!(row("PSNR, dB"), ["11.00", "12.00", "", "", ""]);
        let measured = rows.iter().all(|row| row[0] != "swap accuracy");
        assert!(measured, "a row of what no form has");
    }

    #[test]
    fn classes_have_a_table_of_their_own() {
        let metrics = |distances: [Option<f64>; 3]| Metrics {
            class_frechet_distances: ["boots", "bags", "hats"]
                .into_iter()
                .zip(distances)
                .map(|(class, frechet_distance)| ClassDistance {
                    class: class.into(),
                    frechet_distance,
                })
                .collect(),
            ..Metrics::default()
        };
        let mut evaluation = evaluation([
            metrics([Some(9.0), None, Some(9.0)]),
            metrics([Some(1.25), None, Some(2.0)]),
            metrics([Some(9.0), None, Some(9.0)]),
            metrics([Some(3.0), None, Some(4.0)]),
            metrics([Some(0.5), None, None]),
        ]);
        let (head, rows) = class_cells(&evaluation);
        assert_eq!(head[1..], ["file", "styled", "real pictures"]);
        // Bags are too few in each of the sets.
        assert_eq!(
            rows,
            [
                ["boots", "1.25", "3.00", "0.50"],
                ["hats", "2.00", "4.00", ""]
            ]
        );
        assert!(evaluation_table(&evaluation).contains("\n\nFrechet distance in a class  "));
        evaluation.cautions.push("no test pictures".into());
        let text = evaluation_table(&evaluation);
        assert!(
            text.starts_with("not to be relied on: no test pictures\n  "),
            "{text}"
        );
        evaluation.quantized_styled = None;
        let (head, rows) = class_cells(&evaluation);
        assert_eq!((head.len(), rows[0].len()), (3, 3));
        // Figures of earlier have no classes.
        evaluation.quantized.class_frechet_distances.clear();
        assert!(!evaluation_table(&evaluation).contains("distance in a class  "));
    }

    #[test]
    fn columns_line_up() {
        let rows = vec![
            vec!["a".into(), "1".into()],
            vec!["long".into(), "22.5".into()],
        ];
        assert_eq!(
            table(&["x", "n"], &rows),
            "x        n\na        1\nlong  22.5\n"
        );
    }
}
