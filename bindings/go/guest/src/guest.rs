//! The verifier of an instance.

use std::fmt::Display;
use std::ops::Range;

use boundtoken::record::{self, Failure};
use boundtoken::{
    KeySet, KeyStore, OnUnavailable, Rejection, TrustedIssuer, UnixSeconds, VerifiedToken, Verifier,
};

use crate::bytes::{Reader, number, write_text};
use crate::imports::{self, Imports, Objects};

/// What stands before a record.
const FACTS: usize = 24;
/// Fits nearly every record.
const USUAL_RECORD: usize = 2048;
/// The status of a record that no verifier wrote. No reason has it.
const MISTAKE: u32 = u32::MAX;

pub struct Guest {
    input: Vec<u8>,
    output: Vec<u8>,
    built: Option<Built>,
}

struct Built {
    verifier: Verifier,
    labels: Vec<Box<str>>,
    keys: Vec<KeyStore>,
}

impl Guest {
    pub const fn new() -> Self {
        Self { input: Vec::new(), output: Vec::new(), built: None }
    }

    /// Makes room for arguments.
    pub fn room(&mut self, size: usize) -> &mut [u8] {
        self.input.resize(size, 0);
        &mut self.input
    }

    pub fn output(&self) -> &[u8] {
        &self.output
    }

    pub fn build(&mut self, size: usize) -> u32 {
        // Whoever set it before was this instance.
        let _ = boundtoken::host::set(Imports);
        let description = self.input.get(..size).unwrap_or_default();
        let built = build(description);
        // The documents of keys can be large.
        self.input = Vec::new();
        self.output.clear();
        match built {
            Ok(built) => {
                built.keys.iter().for_each(|keys| write_skipped(&mut self.output, &keys.load()));
                self.built = Some(built);
                0
            }
            Err(text) => self.refuse(&text),
        }
    }

    pub fn replace_keys(&mut self, issuer: usize, size: usize) -> u32 {
        let keys = read_keys(&mut Reader(self.input.get(..size).unwrap_or_default()));
        self.input = Vec::new();
        self.output.clear();
        let store = self.built.as_ref().and_then(|built| built.keys.get(issuer));
        match (keys, store) {
            (Err(text), _) => self.refuse(&text),
            (_, None) => self.refuse("there is no such issuer"),
            (Ok(keys), Some(store)) => {
                write_skipped(&mut self.output, &keys);
                store.replace_as_of(keys, imports::the_past());
                0
            }
        }
    }

    pub fn verify(&mut self, token_size: usize, audiences: i32, size: usize, now: u64) -> u32 {
        let now = UnixSeconds(now);
        let Some(built) = &self.built else { return self.fail("not_built", &"there is no verifier") };
        let Some((token, rest)) = self.input.get(..size).and_then(|input| input.split_at_checked(token_size))
        else {
            return match built.verifier.check_size(token_size) {
                Err(rejection) => self.reject(&rejection),
                Ok(()) => self.fail("broken_call", &"the arguments are not there"),
            };
        };
        let mut rest = Reader(rest);
        for (place, keys) in built.keys.iter().enumerate() {
            imports::take_age(number(place), keys);
        }
        let verdict = match usize::try_from(audiences) {
            Err(_) => built.verifier.verify_at(token, now),
            Ok(count) => {
                // No token names an audience that is not UTF-8.
                let audiences: Vec<&str> = (0..count).filter_map(|_| rest.text()).collect();
                built.verifier.verify_for_at(token, &audiences, now)
            }
        };
        if self.input.capacity() > LARGEST_INPUT_KEPT {
            self.input = Vec::new();
        }
        match verdict {
            Ok(token) => {
                let place = built.labels.iter().position(|label| **label == *token.issuer_label());
                let facts = (place.map_or(u32::MAX, number), built.verifier.window(&token));
                self.accept(facts, &token);
                0
            }
            Err(rejection) => self.reject(&rejection),
        }
    }

    fn accept(&mut self, (issuer, window): (u32, Range<UnixSeconds>), token: &VerifiedToken) {
        self.write_record(|buffer| record::accepted(buffer, token));
        let facts = [u64::from(issuer), window.start.0, window.end.0];
        for (to, fact) in self.output.as_chunks_mut().0.iter_mut().zip(facts) {
            *to = fact.to_le_bytes();
        }
    }

    fn reject(&mut self, rejection: &Rejection) -> u32 {
        self.write_record(|buffer| record::refused(buffer, rejection));
        rejection.number().into()
    }

    /// Tells of a mistake of the host.
    fn fail(&mut self, name: &str, message: &dyn Display) -> u32 {
        let failure = Failure { status: MISTAKE, http_status: 500, name, message, www_authenticate: &"" };
        self.write_record(|buffer| record::failed(buffer, &failure));
        MISTAKE
    }

    /// Writes a record after empty facts, into as much room as it takes.
    fn write_record(&mut self, write: impl Fn(&mut [u8]) -> usize) {
        self.output.clear();
        self.output.resize(FACTS + USUAL_RECORD, 0);
        let write = |output: &mut Vec<u8>| write(output.get_mut(FACTS..).unwrap_or_default());
        let mut size = write(&mut self.output);
        if size > USUAL_RECORD {
            self.output.resize(FACTS + size, 0);
            size = write(&mut self.output);
        }
        self.output.truncate(FACTS + size);
    }

    fn refuse(&mut self, text: &str) -> u32 {
        self.output.clear();
        self.output.extend(text.as_bytes());
        1
    }
}

/// Room for larger tokens is given back, which the next ones may need for something else.
const LARGEST_INPUT_KEPT: usize = 32 * 1024;

fn build(description: &[u8]) -> Result<Built, String> {
    const BROKEN: &str = "the description of the verifier is broken";
    let mut reader = Reader(description);
    let leeway = reader.long().ok_or(BROKEN)?;
    let largest = reader.number().ok_or(BROKEN)?;
    let accepts_unavailable = reader.number().ok_or(BROKEN)? != 0;
    let mut builder = Verifier::builder().cached_tokens(0).leeway(leeway);
    if largest != 0 {
        builder = builder.max_token_size(largest);
    }
    if accepts_unavailable {
        builder = builder.on_unavailable(OnUnavailable::Accept);
    }
    for audience in reader.texts().ok_or("an audience is not UTF-8")? {
        builder = builder.audience(audience);
    }
    let (mut labels, mut keys) = (Vec::new(), Vec::new());
    for place in 0..reader.number().ok_or(BROKEN)? {
        let has_objects = reader.number().ok_or(BROKEN)? != 0;
        let label = reader.text().ok_or("the label of an issuer is not UTF-8")?;
        let names = reader.texts().ok_or("the name of an issuer is not UTF-8")?;
        let (first, others) =
            names.split_first().map_or(("", [].as_slice()), |(first, others)| (*first, others));
        let read = read_keys(&mut reader).map_err(|text| format!("issuer {first:?}: {text}"))?;
        let store = KeyStore::new(KeySet::default());
        store.replace_as_of(read, imports::the_past());
        let mut issuer = TrustedIssuer::new(first, store.clone());
        for name in others {
            issuer = issuer.also_named(*name);
        }
        if !label.is_empty() {
            issuer = issuer.label(label);
        }
        if has_objects {
            issuer = issuer.bound_objects(Objects { issuer: number(place) });
        }
        labels.push(if label.is_empty() { first } else { label }.into());
        keys.push(store);
        builder = builder.issuer(issuer);
    }
    let verifier = builder.build().map_err(|error| error.to_string())?;
    Ok(Built { verifier, labels, keys })
}

/// Reads two documents of keys, of which either may be absent.
fn read_keys(reader: &mut Reader<'_>) -> Result<KeySet, String> {
    fn shown(error: impl Display) -> String {
        error.to_string()
    }
    let [jwks, pem] = [(); 2].map(|()| reader.bytes().unwrap_or_default());
    let mut keys = KeySet::default();
    if !jwks.is_empty() {
        keys = KeySet::from_jwks(jwks).map_err(shown)?;
    }
    if !pem.is_empty() {
        keys = keys.merge(KeySet::from_pem(pem).map_err(shown)?);
    }
    Ok(keys)
}

fn write_skipped(to: &mut Vec<u8>, keys: &KeySet) {
    to.extend(number(keys.skipped().len()).to_le_bytes());
    for skipped in keys.skipped() {
        let text = match skipped.kid() {
            Some(kid) => format!("key {} ({kid:?}): {}", skipped.index(), skipped.error()),
            None => format!("key {}: {}", skipped.index(), skipped.error()),
        };
        write_text(to, &text);
    }
}
