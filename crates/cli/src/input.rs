//! Where the token comes from.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead as _, IsTerminal as _, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The most that is read of a token, in bytes: as much as a verifier can be told to look at.
const MAX_TOKEN_SIZE: u64 = 1 << 20;

#[derive(Args)]
pub struct TokenInput {
    /// The token itself, or - for standard input, which is also read when nothing is given
    ///
    /// Every user of this machine can see it in the list of processes: prefer --token-file or standard input.
    #[arg(conflicts_with = "token_file")]
    token: Option<OsString>,
    /// File that holds the token; white space at its end is dropped, as it is from standard input
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl TokenInput {
    /// The token in this file, or `-` for standard input.
    pub fn of_file(file: PathBuf) -> Self {
        Self { token: None, token_file: Some(file) }
    }

    /// Reads the token, and finds out whether something else was given in its place.
    pub fn read(&self) -> Result<Vec<u8>, Failure> {
        let token = match (&self.token, &self.token_file) {
            (Some(token), _) if token != "-" => {
                if Path::new(token).is_file() {
                    return Err(Failure::new(
                        "the argument TOKEN is the name of a file: give it with --token-file",
                    ));
                }
                token.as_encoded_bytes().to_vec()
            }
            (None, Some(file)) if file.as_os_str() != "-" => {
                let token = trimmed(read_file(file, MAX_TOKEN_SIZE)?);
                if token.is_empty() {
                    return Err(Failure::with_file(file, "the file is empty: there is no token in it"));
                }
                token
            }
            (token, file) => {
                if token.is_none() && file.is_none() && io::stdin().is_terminal() {
                    return Err(Failure::new(
                        "no token: pipe one into this command, name its file with --token-file, \
                         or give it as an argument",
                    ));
                }
                let read = read_bounded(io::stdin().lock(), MAX_TOKEN_SIZE);
                let token = trimmed(read.map_err(|wrong| Failure::new(format!("standard input: {wrong}")))?);
                // The command that should have written a token failed: that decides nothing on any token.
                if token.is_empty() {
                    return Err(Failure::new("standard input is empty: the command before wrote no token"));
                }
                token
            }
        };
        match something_else(&token) {
            Some(advice) => Err(Failure::new(advice)),
            None => Ok(token),
        }
    }
}

/// Gives each line of standard input that is not empty to `take`, without the white space at its end, until `take` says
/// that it wants no more. Of longer lines than any token is, each piece counts as a line.
pub fn each_line(mut take: impl FnMut(io::Result<Vec<u8>>) -> bool) {
    let mut input = io::stdin().lock();
    loop {
        let mut line = Vec::new();
        let more = match input.by_ref().take(MAX_TOKEN_SIZE).read_until(b'\n', &mut line) {
            Ok(0) => return,
            Ok(_) => {
                let line = trimmed(line);
                line.is_empty() || take(Ok(line))
            }
            Err(error) => {
                take(Err(error));
                return;
            }
        };
        if !more {
            return;
        }
    }
}

/// Reads a file of at most `limit` bytes.
pub fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let read = File::open(path).map_err(|error| error.to_string()).and_then(|file| read_bounded(file, limit));
    read.map_err(|wrong| Failure::with_file(path, wrong))
}

/// Reads a file of at most `limit` bytes that may hold a private key. The bytes are wiped when they are dropped.
pub fn read_secret(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let wrong = |wrong: &dyn std::fmt::Display| Failure::with_file(path, wrong);
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let room = usize::try_from(limit.saturating_add(1)).map_err(|error| wrong(&error))?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let file = File::open(path).map_err(|error| wrong(&error))?;
    read_into(&mut bytes, file, limit).map_err(|error| wrong(&error))?;
    Ok(bytes)
}

fn read_bounded(source: impl Read, limit: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    read_into(&mut bytes, source, limit)?;
    Ok(bytes)
}

fn read_into(bytes: &mut Vec<u8>, source: impl Read, limit: u64) -> Result<(), String> {
    let length = source.take(limit.saturating_add(1)).read_to_end(bytes);
    match length.map(u64::try_from) {
        Ok(Ok(length)) if length <= limit => Ok(()),
        Ok(_) => Err(format!("more than {limit} bytes: is it the right input?")),
        Err(error) => Err(error.to_string()),
    }
}

fn trimmed(mut token: Vec<u8>) -> Vec<u8> {
    let length = token.trim_ascii_end().len();
    token.truncate(length);
    token
}

/// What to do when the input is known to be no bare token.
fn something_else(input: &[u8]) -> Option<&'static str> {
    let starts_with = |start: &str| {
        input.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start.as_bytes()))
    };
    if starts_with("Authorization:") || starts_with("Bearer ") {
        Some("the input is an Authorization header: give the token alone, without `Bearer`")
    } else if starts_with("{") {
        Some(
            "the input is JSON, not a token: of a TokenRequest take the token alone, \
             as `jq -r .status.token` prints it",
        )
    } else if starts_with("apiVersion:") || starts_with("kind:") {
        Some("the input is YAML, not a token: of a TokenRequest take the token alone, at status.token")
    } else {
        None
    }
}
