//! Writes the table for a terminal and in Markdown.

use std::fmt::Write as _;

use crate::inputs::ALGORITHMS;
use crate::results::{Cell, Row, ratio};

const HALVES: [(&str, bool); 2] = [("A token seen first", false), ("A token seen again", true)];

pub fn headings() -> Vec<String> {
    let mut headings = vec!["Verifier".to_owned(), "from".to_owned(), "bound objects".to_owned()];
    for algorithm in ALGORITHMS {
        headings.extend([format!("{algorithm}: µs"), "ratio".to_owned()]);
    }
    headings
}

/// The cells of one row: the best round, the median in brackets, and the ratio to ours.
fn line(rows: &[Row], row: &Row) -> Vec<String> {
    let mut line = vec![row.name(), row.entry.language.to_owned()];
    line.push(if row.entry.objects { "yes" } else { "no" }.to_owned());
    for (place, cell) in row.cells.iter().enumerate() {
        let (time, ratio) = match cell {
            Cell::Unsupported => ("—".to_owned(), "—".to_owned()),
            Cell::Accepts(tokens) => (format!("fails: accepts {}", tokens.join(", ")), "—".to_owned()),
            Cell::Times(_) => (
                format!(
                    "{} ({})",
                    digits(cell.best().unwrap_or_default()),
                    digits(cell.median().unwrap_or_default())
                ),
                ratio(rows, row, place).map_or_else(|| "—".to_owned(), digits),
            ),
        };
        line.extend([time, ratio]);
    }
    line
}

/// Three significant digits.
pub fn digits(number: f64) -> String {
    match number {
        _ if number < 0.9995 => format!("{number:.3}"),
        _ if number < 9.995 => format!("{number:.2}"),
        _ if number < 99.95 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

/// For standard output, in columns.
pub fn plain(rows: &[Row]) -> String {
    let mut lines = vec![headings()];
    let mut titles = Vec::new();
    for (title, again) in HALVES {
        titles.push((lines.len(), title));
        lines.extend(measured(rows, again).map(|row| line(rows, row)));
    }
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..lines[0].len()).map(width).collect();
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        for (_, title) in titles.iter().filter(|(place, _)| *place == number) {
            let _ = writeln!(text, "\n{title}");
        }
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let _ = match column < 3 {
                true => write!(text, "{cell:<width$}  "),
                false => write!(text, "{cell:>width$}  "),
            };
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    for row in rows.iter().filter(|row| row.missing.is_some()) {
        let _ = writeln!(text, "{}", not_measured(row));
    }
    text
}

pub fn markdown(rows: &[Row]) -> String {
    let headings = headings();
    let mut text =
        format!("| {} |\n|---|---|---|{}\n", headings.join(" | "), "--:|".repeat(headings.len() - 3));
    for (title, again) in HALVES {
        let _ = writeln!(text, "| **{title}** |{}", " |".repeat(headings.len() - 1));
        for row in measured(rows, again) {
            let _ = writeln!(text, "| {} |", line(rows, row).join(" | "));
        }
    }
    text.push('\n');
    for row in rows.iter().filter(|row| row.missing.is_some()) {
        let _ = writeln!(text, "- {}", not_measured(row));
    }
    text
}

fn measured(rows: &[Row], again: bool) -> impl Iterator<Item = &Row> {
    rows.iter().filter(move |row| row.entry.again == again && row.missing.is_none())
}

fn not_measured(row: &Row) -> String {
    let reason = row.missing.as_deref().unwrap_or_default();
    format!("{} ({}): not measured, {reason}", row.entry.name, row.entry.language)
}
