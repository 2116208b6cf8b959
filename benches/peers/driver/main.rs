//! Compares every verifier of these tokens that we know of: `make bench-peers`.
//!
//! It creates keys and tokens and builds one small program for each peer, from the folders next to this one. All
//! programs verify the same tokens in alternating rounds of one run, on one thread each. All of them check signature,
//! issuer, audience and times, and decode the claims, with a key that is loaded once. A program that accepts a bad
//! token is not measured. A program that cannot be built on this machine is skipped, and the table says so.
//!
//! Usage: `bench-peers OUTPUT`. The programs are built in the folder OUTPUT, and results.json is written there.
//!
//! - `--rounds N`: the number of rounds.
//! - `--only TEXT`: only contenders whose name contains the text.
//! - `--write`: also writes docs/performance.md and docs/performance.svg.

mod builds;
mod chart;
mod competitor;
mod contenders;
mod document;
mod inputs;
mod program;
mod results;
mod review;
mod table;

use std::env;
use std::error::Error;
use std::fs;
use std::path::{self, PathBuf};

use builds::Workshop;
use competitor::Competitor;
use contenders::{Build, Entry};
use inputs::{ALGORITHMS, Inputs};
use program::{Contender, Program};
use results::Row;
use review::Reviews;

struct Options {
    output: PathBuf,
    rounds: usize,
    only: String,
    write: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    let output = &options.output;
    let inputs = inputs::write(&output.join("inputs"))?;
    let mut workshop = Workshop::new(output);

    let entries = contenders::entries().into_iter().filter(|entry| entry.name.contains(&options.only));
    let mut competitors: Vec<Competitor> =
        entries.map(|entry| start(entry, &mut workshop, &inputs)).collect();
    for competitor in &mut competitors {
        if competitor.row.missing.is_none() {
            let entry = competitor.row.entry;
            progress(&format!("warming up {} ({})", entry.name, entry.language));
            competitor.admit();
        }
    }
    for round in 1..=options.rounds {
        if round == 1 || round % 50 == 0 {
            progress(&format!("round {round} of {}", options.rounds));
        }
        for place in 0..ALGORITHMS.len() {
            for competitor in &mut competitors {
                competitor.compete(place);
            }
        }
    }

    let rows: Vec<Row> = competitors.into_iter().map(|competitor| competitor.row).collect();
    let (machine, date) = (document::machine(), document::date());
    let json = results::to_json(&rows, &machine, &date, options.rounds);
    fs::write(output.join("results.json"), serde_json::to_string_pretty(&json)? + "\n")?;
    println!("{machine}, {date}; µs of one token: best of {} rounds (median), ratio to ours", options.rounds);
    print!("{}", table::plain(&rows));
    if options.write {
        document::write(&rows, &machine, &date, options.rounds)?;
    }
    Ok(())
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options { output: PathBuf::new(), rounds: 300, only: String::new(), write: false };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => options.rounds = arguments.next().ok_or("--rounds needs a number")?.parse()?,
            "--only" => options.only = arguments.next().ok_or("--only needs a text")?,
            "--write" => options.write = true,
            option if option.starts_with('-') => return Err(format!("{option} is not known here").into()),
            output => options.output = path::absolute(output)?,
        }
    }
    if options.output.as_os_str().is_empty() {
        return Err("a folder for the output is needed".into());
    }
    match options.write && !options.only.is_empty() {
        true => Err("--write is for all of them".into()),
        false => Ok(options),
    }
}

/// Builds and starts a contender. If that fails, its row says why.
fn start(entry: Entry, workshop: &mut Workshop, inputs: &[Inputs]) -> Competitor {
    progress(&format!("building {} ({})", entry.name, entry.language));
    match contender(&entry, workshop, inputs) {
        Ok((version, runtime, contender)) => {
            let row = Row { entry, version, runtime, missing: None, cells: Default::default() };
            Competitor::new(row, Some(contender))
        }
        Err(reason) => {
            progress(&format!("skipped {} ({}): {reason}", entry.name, entry.language));
            Competitor::new(Row::missing(entry, reason), None)
        }
    }
}

type Ready = (String, String, Box<dyn Contender>);

fn contender(entry: &Entry, workshop: &mut Workshop, inputs: &[Inputs]) -> Result<Ready, String> {
    if entry.build == Build::DevServer {
        let reviews = Reviews::start(inputs).map_err(|error| error.to_string())?;
        return Ok((String::new(), String::new(), Box::new(reviews)));
    }
    let program = Program::start(workshop.command(entry)?)?;
    Ok((program.version.clone(), program.runtime.clone(), Box::new(program)))
}

fn progress(text: &str) {
    eprintln!("bench-peers: {text}");
}
