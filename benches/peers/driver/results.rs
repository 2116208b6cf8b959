//! The results.

use serde_json::{Value, json};

use crate::contenders::Entry;
use crate::inputs::ALGORITHMS;

/// One row of the table.
pub struct Row {
    pub entry: Entry,
    pub version: String,
    pub runtime: String,
    /// Why nothing was measured. `None` if it was.
    pub missing: Option<String>,
    /// One for each of [`ALGORITHMS`].
    pub cells: [Cell; 3],
}

/// The result of one contender with one algorithm.
#[derive(Default)]
pub enum Cell {
    #[default]
    Unsupported,
    /// It accepts these bad tokens, so it is not measured.
    Accepts(Vec<&'static str>),
    /// The time of one token in each round, in seconds.
    Times(Vec<f64>),
}

impl Row {
    pub fn missing(entry: Entry, reason: String) -> Self {
        Self {
            entry,
            version: String::new(),
            runtime: String::new(),
            missing: Some(reason),
            cells: Default::default(),
        }
    }

    /// Its name and version.
    pub fn name(&self) -> String {
        match self.version.as_str() {
            "" => self.entry.name.to_owned(),
            version => format!("{} {version}", self.entry.name),
        }
    }
}

impl Cell {
    /// The time of the best round, in microseconds.
    pub fn best(&self) -> Option<f64> {
        self.sorted().first().map(|seconds| seconds * 1e6)
    }

    pub fn median(&self) -> Option<f64> {
        let times = self.sorted();
        times.get(times.len() / 2).map(|seconds| seconds * 1e6)
    }

    fn sorted(&self) -> Vec<f64> {
        let Self::Times(times) = self else { return Vec::new() };
        let mut times = times.clone();
        times.sort_unstable_by(f64::total_cmp);
        times
    }
}

/// The ratio of a cell's time to ours, which is the first row of the same half. Both are of their best rounds.
pub fn ratio(rows: &[Row], row: &Row, place: usize) -> Option<f64> {
    let ours = rows.iter().find(|other| other.entry.again == row.entry.again)?;
    Some(row.cells[place].best()? / ours.cells[place].best()?)
}

pub fn to_json(rows: &[Row], machine: &str, date: &str, rounds: usize) -> Value {
    let cell = |row: &Row, place: usize| match &row.cells[place] {
        Cell::Unsupported => Value::Null,
        Cell::Accepts(tokens) => json!({"accepts": tokens}),
        cell @ Cell::Times(_) => json!({
            "best_microseconds": cell.best(), "median_microseconds": cell.median(), "ratio": ratio(rows, row, place),
        }),
    };
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let cells: serde_json::Map<String, Value> = ALGORITHMS
                .iter()
                .enumerate()
                .map(|(place, algorithm)| ((*algorithm).to_owned(), cell(row, place)))
                .collect();
            json!({
                "name": row.entry.name, "version": row.version, "language": row.entry.language,
                "runtime": row.runtime, "seen_again": row.entry.again, "bound_objects": row.entry.objects,
                "not_measured": row.missing, "tokens": cells,
            })
        })
        .collect();
    json!({"date": date, "machine": machine, "rounds": rounds, "rows": rows})
}
