//! A running contender: a program that reads one question on each line of its standard input.
//!
//! The program is started with two arguments: the folder of the inputs, and `first` or `again`, which says whether to
//! remember tokens. The first line that it prints is its version and its runtime, with a tab between them. It answers
//! each line
//!
//!     run ALGORITHM FILE COUNT
//!
//! with `NANOSECONDS ACCEPTED` or with `unsupported`. It verifies COUNT tokens of the file in order, and starts again
//! with the first token at the end of the file. It reads keys and tokens once, before the clock starts.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// How long a number of tokens took, and how many of them were accepted.
pub struct Run {
    pub time: Duration,
    pub accepted: u64,
}

/// Verifies tokens on request. `None` stands for an algorithm that is not supported.
pub trait Contender {
    fn run(&mut self, algorithm: &str, file: &str, count: u64) -> Result<Option<Run>, String>;
}

pub struct Program {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub version: String,
    pub runtime: String,
}

impl Program {
    pub fn start(mut command: Command) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| format!("it cannot be started: {error}"))?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("it has no standard input and output".to_owned());
        };
        let mut program = Self {
            child,
            questions,
            answers: BufReader::new(answers),
            version: String::new(),
            runtime: String::new(),
        };
        let greeting = program.line()?;
        let (version, runtime) = greeting.split_once('\t').ok_or("it does not say what it is")?;
        program.version = version.to_owned();
        program.runtime = runtime.to_owned();
        Ok(program)
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(length) if length > 0 => Ok(line.trim_end_matches('\n').to_owned()),
            _ => Err("it ended without an answer".to_owned()),
        }
    }
}

impl Contender for Program {
    fn run(&mut self, algorithm: &str, file: &str, count: u64) -> Result<Option<Run>, String> {
        writeln!(self.questions, "run {algorithm} {file} {count}")
            .and_then(|()| self.questions.flush())
            .map_err(|error| format!("it cannot be asked: {error}"))?;
        let answer = self.line()?;
        if answer == "unsupported" {
            return Ok(None);
        }
        let numbers = answer.split_once(' ').and_then(|(nanoseconds, accepted)| {
            Some(Run {
                time: Duration::from_nanos(nanoseconds.parse().ok()?),
                accepted: accepted.parse().ok()?,
            })
        });
        numbers.map(Some).ok_or_else(|| format!("it answers {answer:?}"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The program may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
