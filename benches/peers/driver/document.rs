//! The section "Side by side" of docs/performance.md, and its chart.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use crate::results::Row;
use crate::{chart, table};

const BEGIN: &str = "<!-- Written by `make bench-peers` from here -->\n";
const END: &str = "<!-- to here -->\n";

/// The processor and the number of cores.
pub fn machine() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let value = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            line.split_once(':').map(|(_, value)| value.trim().to_owned())
        };
        Some(format!(
            "{} (family {}, model {})",
            value("model name")?,
            value("cpu family")?,
            value("model\t")?
        ))
    });
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let system = (std::env::consts::OS, std::env::consts::ARCH);
    format!(
        "{}, {cores} cores, {} {}",
        processor.unwrap_or_else(|| "unknown processor".to_owned()),
        system.0,
        system.1
    )
}

pub fn date() -> String {
    chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).format("%-d %B %Y").to_string()
}

pub fn write(rows: &[Row], machine: &str, date: &str, rounds: usize) -> Result<(), Box<dyn Error>> {
    let documents = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    fs::write(documents.join("performance.svg"), chart::svg(rows, &format!("{machine}, {date}.")))?;

    let path = documents.join("performance.md");
    let text = fs::read_to_string(&path)?;
    let (before, rest) = text.split_once(BEGIN).ok_or("docs/performance.md has no begin of the section")?;
    let (_, after) = rest.split_once(END).ok_or("docs/performance.md has no end of the section")?;
    fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", section(rows, machine, date, rounds)))?;
    Ok(())
}

fn section(rows: &[Row], machine: &str, date: &str, rounds: usize) -> String {
    let runtimes: BTreeSet<String> = rows
        .iter()
        .map(|row| row.runtime.clone())
        .filter(|runtime| !runtime.is_empty())
        .chain(rustc())
        .collect();
    let runtimes: Vec<String> = runtimes.into_iter().collect();
    format!(
        "\n![Bars for each verifier; the figures are those of the table.](performance.svg)\n\n\
         {machine}; {date}; best of {rounds} rounds, the median in brackets; {}.\n\n{}\n",
        runtimes.join(", "),
        table::markdown(rows),
    )
}

/// The version of the Rust compiler.
fn rustc() -> Option<String> {
    let output = Command::new("rustc").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(format!("Rust {}", text.split(' ').nth(1)?))
}
