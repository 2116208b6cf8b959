//! Where the token comes from.

use std::ffi::OsString;
use std::fs::File;
#[cfg(feature = "network")]
use std::io::BufRead;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The longest input that is read, in bytes: the largest token size limit that a verifier can have.
const MAX_TOKEN_SIZE: u64 = 1 << 20;
/// How to get a token.
const GETS_A_TOKEN: &str = "`kubectl create token NAME --audience AUDIENCE > token` writes one";

#[derive(Args)]
pub struct TokenInput {
    /// The token, or - for standard input [default: standard input]
    ///
    /// Every user of this machine can see it in the list of processes. Prefer --token-file or standard input.
    #[arg(conflicts_with = "token_file")]
    token: Option<OsString>,
    /// File with the token; trailing white space is ignored, as on standard input
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl TokenInput {
    /// The token in this file, or `-` for standard input.
    #[cfg(feature = "network")]
    pub fn of_file(file: PathBuf) -> Self {
        Self { token: None, token_file: Some(file) }
    }

    /// Reads the token. Fails if the input is something else, such as a header or JSON.
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
                let read = read_file(file, MAX_TOKEN_SIZE);
                let token = trimmed(read.map_err(|failure| failure.advise(GETS_A_TOKEN))?);
                if token.is_empty() {
                    return Err(Failure::with_file(file, "the file is empty").advise(GETS_A_TOKEN));
                }
                token
            }
            (token, file) => {
                if token.is_none() && file.is_none() && io::stdin().is_terminal() {
                    return Err(Failure::new(
                        "no token: pipe one into this command, or name a file with --token-file",
                    )
                    .advise(GETS_A_TOKEN));
                }
                let read = read_bounded(io::stdin().lock(), MAX_TOKEN_SIZE);
                let token = trimmed(read.map_err(|wrong| Failure::new(format!("standard input: {wrong}")))?);
                // The command that should have written a token has failed. That is no verdict on a token.
                if token.is_empty() {
                    let empty = "standard input is empty: the command before the pipe wrote no token";
                    return Err(Failure::new(empty).advise(GETS_A_TOKEN));
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

/// A line of standard input.
#[cfg(feature = "network")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A line without trailing white space. Not empty.
    Token(Vec<u8>),
    /// A line that is longer than any token.
    TooLong,
}

/// Calls `take` with each non-empty line of standard input until `take` returns false.
#[cfg(feature = "network")]
pub fn each_line(mut take: impl FnMut(io::Result<Line>) -> bool) {
    let mut input = io::stdin().lock();
    while let Some(line) = next_line(&mut input).transpose() {
        let failed = line.is_err();
        if !take(line) || failed {
            return;
        }
    }
}

/// Reads the next line that is not empty. Keeps no more of it than the longest token needs. None at the end.
#[cfg(feature = "network")]
fn next_line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(MAX_TOKEN_SIZE).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if !line.ends_with(b"\n") && u64::try_from(line.len()).is_ok_and(|length| length == MAX_TOKEN_SIZE) {
            input.skip_until(b'\n')?;
            return Ok(Some(Line::TooLong));
        }
        let line = trimmed(line);
        if !line.is_empty() {
            return Ok(Some(Line::Token(line)));
        }
    }
}

/// Reads a file of at most `limit` bytes.
pub fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let read = File::open(path).map_err(|error| error.to_string()).and_then(|file| read_bounded(file, limit));
    read.map_err(|wrong| Failure::with_file(path, wrong))
}

/// Reads a file of at most `limit` bytes that may contain a private key. The bytes are wiped on drop.
pub fn read_secret(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let wrong = |wrong: &dyn std::fmt::Display| Failure::with_file(path, wrong);
    // The buffer never grows: growing would leave copies of the key behind.
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

/// What to do, if the input is recognizably not a bare token.
fn something_else(input: &[u8]) -> Option<&'static str> {
    let starts_with = |start: &str| {
        input.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start.as_bytes()))
    };
    if starts_with("Authorization:") || starts_with("Bearer ") {
        Some("the input is an Authorization header: give only the token, without `Bearer`")
    } else if starts_with("{") {
        Some(
            "the input is JSON, not a token: give only the token of a TokenRequest, \
             as `jq -r .status.token` prints it",
        )
    } else if starts_with("apiVersion:") || starts_with("kind:") {
        Some("the input is YAML, not a token: give only the token of a TokenRequest, at status.token")
    } else {
        None
    }
}

#[cfg(all(test, feature = "network"))]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_one_line_and_the_next_one_is_read_whole() {
        let limit = usize::try_from(MAX_TOKEN_SIZE).unwrap();
        let long = |length| [vec![b'a'; length], b"\nb \n\n\r\nc".to_vec()].concat();
        for (length, first) in [
            (3, Line::Token(b"aaa".to_vec())),
            (limit - 1, Line::Token(vec![b'a'; limit - 1])),
            (limit, Line::TooLong),
            (3 * limit, Line::TooLong),
        ] {
            let input = long(length);
            let mut input = input.as_slice();
            let mut lines = Vec::new();
            while let Some(line) = next_line(&mut input).unwrap() {
                lines.push(line);
            }
            let rest = [b"b", b"c"].map(|line| Line::Token(line.to_vec()));
            assert!(lines == [vec![first], rest.into()].concat(), "{length}");
        }
        assert_eq!(next_line(&mut vec![b'a'; limit].as_slice()).unwrap(), Some(Line::TooLong));
    }
}
