//! The result, as a table and as a document.

use std::thread::available_parallelism;

use boundtoken::Confirmed;
use serde::Serialize;

use super::Seen;
use super::measure::{self, Latency};
use super::subject::Subject;
use crate::failure::Failure;
use crate::output::{CAUTION, FAINT, paint, printable, row};
use crate::version;
use crate::words;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    version: &'static str,
    cryptography: &'static str,
    processor: String,
    /// None if the system does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    cores: Option<usize>,
    algorithm: String,
    token_bytes: usize,
    /// The time that one reading of the clock takes, in nanoseconds. Every latency includes it.
    clock_nanoseconds: u64,
    rows: Vec<Row>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_review: Option<Answers>,
}

/// One line of the table.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub threads: u16,
    pub seen: Seen,
    /// Whether the bound objects are looked up: `live`, or `notChecked` as in a verdict.
    pub confirmed: Confirmed,
    #[serde(flatten)]
    pub answers: Answers,
}

/// The rate and the latency of answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answers {
    pub per_second: u64,
    pub latency_nanoseconds: Latency,
}

impl Report {
    pub fn new(subject: &Subject, rows: Vec<Row>, token_review: Option<Answers>) -> Result<Self, Failure> {
        let algorithm = subject.algorithm()?;
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            cryptography: cryptography(subject, &algorithm)?,
            processor: processor(),
            cores: available_parallelism().ok().map(usize::from),
            algorithm,
            token_bytes: subject.token.len(),
            clock_nanoseconds: measure::clock(),
            rows,
            token_review,
        })
    }

    pub fn text(&self) -> String {
        let Self { algorithm, token_bytes, cryptography, processor, cores, clock_nanoseconds: clock, .. } =
            self;
        let algorithm = printable(algorithm);
        let processor = printable(processor);
        let cores = match cores {
            None => String::new(),
            Some(1) => ", 1 core".to_owned(),
            Some(cores) => format!(", {cores} cores"),
        };
        let mut text = String::new();
        row(&mut text, "Token", &format!("{algorithm}, {token_bytes} bytes"));
        row(&mut text, "Cryptography", cryptography);
        row(&mut text, "Processor", &format!("{processor}{cores}"));
        text.push('\n');
        text.push_str(&paint(
            FAINT,
            &line(["Threads", "Token", "Objects", "Per second", "p50", "p99", "p99.9", "max"]),
        ));
        text.push('\n');
        let mut before = None;
        for Row { threads, seen, confirmed, answers } in &self.rows {
            let seen = match seen {
                Seen::First => "first time",
                Seen::Again => "seen again",
            };
            let objects = if *confirmed == Confirmed::Live { "confirmed" } else { "-" };
            // Only the first of the lines with this number of threads has the number.
            let shown =
                if before.replace(threads) == Some(threads) { String::new() } else { threads.to_string() };
            text.push_str(&answers.line(&shown, seen, objects));
        }
        if let Some(answers) = &self.token_review {
            text.push_str(&answers.line("1", "TokenReview", "confirmed"));
        }
        text.push_str(&format!(
            "\n{FAINT}The rate counts all threads. Reading the clock adds {clock} ns to each latency.\n\
             Unconfirmed objects may no longer exist.{FAINT:#}\n"
        ));
        if cfg!(debug_assertions) {
            text.push_str(&format!(
                "{CAUTION}This program was built without optimization: the figures are meaningless.{CAUTION:#}\n"
            ));
        }
        text
    }
}

impl Answers {
    fn line(&self, threads: &str, token: &str, objects: &str) -> String {
        let Latency { p50, p99, p99_9, max } = self.latency_nanoseconds;
        let [p50, p99, p99_9, max] = [p50, p99, p99_9, max].map(words::measured);
        let line = line([threads, token, objects, &grouped(self.per_second), &p50, &p99, &p99_9, &max]);
        format!("{line}\n")
    }
}

fn line([threads, token, objects, rate, p50, p99, p99_9, max]: [&str; 8]) -> String {
    format!("{threads:>7}  {token:<11}  {objects:<9}  {rate:>11} {p50:>8} {p99:>8} {p99_9:>8} {max:>8}")
}

/// A number with commas between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The code that checks the signatures.
fn cryptography(subject: &Subject, algorithm: &str) -> Result<&'static str, Failure> {
    let statistics = subject.verifier(Seen::First, false)?.statistics();
    Ok(match algorithm {
        "RS256" if statistics.fast_rsa_keys > 0 => "fast-rsa",
        "ES256" if statistics.fast_p256_keys > 0 => "fast-p256",
        _ => version::backend(),
    })
}

/// The model of the processor, or its architecture if the system does not tell.
fn processor() -> String {
    let linux = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    linux.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_can_be_read() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), text);
        }
    }
}
