//! Reads a policy from YAML or JSON, strictly and within bounds. docs/schemas/policy.json describes the form.

use std::cell::{Cell, RefCell};

use serde::Deserialize as _;
use serde::de::{DeserializeSeed as _, Error, IgnoredAny};

use super::place::Place;
use super::{Policy, PolicyError};

mod member;
mod rule;
mod service_account;
mod text;

use rule::ReadRule;

/// The largest policy, in bytes.
pub(super) const MAX_SIZE: usize = 1 << 20;
/// What is wrong with a larger one.
pub(super) const TOO_LARGE: &str = "more than 1 MiB; is it the right file?";

/// How many brackets may be open.
const MAX_BRACKETS: usize = 256;
/// The YAML reader's own limit of aliases, in its words.
const REPETITION: &str = "repetition limit exceeded";
const TOO_MANY_ALIASES: &str = "more than 1 MiB with all aliases written out; use fewer aliases";

/// Reads a policy.
///
/// # Errors
/// The text is not a policy.
pub(super) fn policy(yaml: &[u8]) -> Result<Policy, PolicyError> {
    if yaml.len() > MAX_SIZE {
        return Err(PolicyError::new(TOO_LARGE));
    }
    let text = std::str::from_utf8(yaml).map_err(|_| PolicyError::new("not UTF-8; is it the right file?"))?;
    check_brackets(text)?;
    // Whatever goes wrong after this is not about YAML.
    IgnoredAny::deserialize(yaml_serde::Deserializer::from_str(text)).map_err(|error| {
        let message = format!("neither YAML nor JSON: {error}; correct the text");
        PolicyError::new(message).at_line(line(&error))
    })?;
    let reading = Reading { left: Cell::new(MAX_SIZE), fault: RefCell::default() };
    let rule = ReadRule { reading: &reading, place: Place::Root, depth: 1 };
    rule.deserialize(yaml_serde::Deserializer::from_str(text)).map_err(|error| {
        if error.to_string() == REPETITION {
            return PolicyError::new(TOO_MANY_ALIASES);
        }
        // Every reader says what is wrong. The error of the YAML reader would quote what it found.
        let fault = reading.fault.take().unwrap_or_else(|| PolicyError::new("not a policy"));
        fault.at_line(line(&error))
    })
}

/// Refuses brackets that are nested far too deep, before the YAML reader sees them. It takes a time that grows with the
/// square of the depth. Brackets in texts count too, which does no harm.
fn check_brackets(text: &str) -> Result<(), PolicyError> {
    let (mut open, mut line) = (0_usize, 1_usize);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => open = open.saturating_add(1),
            b']' | b'}' => open = open.saturating_sub(1),
            b'\n' => line = line.saturating_add(1),
            _ => {}
        }
        if open > MAX_BRACKETS {
            return Err(
                PolicyError::new("more than 256 open brackets; nest the rules less").at_line(Some(line))
            );
        }
    }
    Ok(())
}

fn line(error: &yaml_serde::Error) -> Option<usize> {
    error.location().map(|location| location.line())
}

/// What the readers of all parts of a policy share.
struct Reading {
    /// How many more bytes may be read. An alias counts as what it stands for.
    left: Cell<usize>,
    /// What is wrong, and where. The error of the YAML reader only knows the line.
    fault: RefCell<Option<PolicyError>>,
}

impl Reading {
    /// Refuses what stands at this place.
    fn refused<E: Error>(&self, place: &Place<'_>, message: impl Into<String>) -> E {
        self.instead(place, || message.into(), E::custom("refused"))
    }

    /// The same error, and what to say instead of it. What was said before, from deeper inside, stays.
    fn instead<E>(&self, place: &Place<'_>, message: impl FnOnce() -> String, error: E) -> E {
        let mut fault = self.fault.borrow_mut();
        fault.get_or_insert_with(|| PolicyError::new(message()).at_place(place.to_string()));
        error
    }

    /// Counts bytes that were read.
    fn spend<E: Error>(&self, place: &Place<'_>, bytes: usize) -> Result<(), E> {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.ok_or_else(|| self.refused(place, TOO_MANY_ALIASES))?);
        Ok(())
    }
}
