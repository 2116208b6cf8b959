//! The protocol of the programs, which `../driver/program.rs` describes.

use std::collections::HashMap;
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs, io};

use serde::Deserialize;

/// The arguments that the program was started with.
pub struct Inputs {
    pub folder: PathBuf,
    pub issuer: String,
    pub audience: String,
    /// Whether to remember tokens.
    pub again: bool,
}

/// All claims of a pod's token, as a service would decode them with a generic library.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "jwt-simple", derive(serde::Serialize))]
pub struct Kubernetes {
    pub namespace: String,
    pub node: Object,
    pub pod: Object,
    pub serviceaccount: Object,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "jwt-simple", derive(serde::Serialize))]
pub struct Object {
    pub name: String,
    pub uid: String,
}

/// Whether a token is accepted.
pub type Verify = Box<dyn Fn(&str) -> bool>;

impl Inputs {
    pub fn read(&self, file: impl AsRef<Path>) -> Vec<u8> {
        fs::read(self.folder.join(file)).expect("a file of the inputs")
    }
}

/// Answers until the input ends. `load` creates a verifier with the key of an algorithm. It returns `None` if the
/// algorithm is not supported.
pub fn serve(version: &str, load: impl Fn(&Inputs, &str) -> Option<Verify>) {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("the folder of the inputs"));
    let text = |name: &str| fs::read_to_string(folder.join(name)).expect("a text of the inputs");
    let (issuer, audience) = (text("issuer"), text("audience"));
    let inputs = Inputs { folder, issuer, audience, again: arguments.next().as_deref() == Some("again") };

    println!("{version}\t");
    let mut verifiers = HashMap::new();
    let mut files = HashMap::new();
    for line in io::stdin().lock().lines() {
        let line = line.expect("a line");
        let words: Vec<&str> = line.split(' ').collect();
        let ["run", algorithm, file, count] = words[..] else { panic!("not understood: {line}") };
        let verify = verifiers.entry(algorithm.to_owned()).or_insert_with(|| load(&inputs, algorithm));
        let Some(verify) = verify else {
            println!("unsupported");
            continue;
        };
        let tokens = files.entry(format!("{algorithm}/{file}")).or_insert_with_key(|path| -> Vec<String> {
            String::from_utf8(inputs.read(path)).expect("text").lines().map(str::to_owned).collect()
        });
        let count: usize = count.parse().expect("a number");
        let start = Instant::now();
        let accepted = tokens.iter().cycle().take(count).filter(|token| verify(token)).count();
        println!("{} {accepted}", start.elapsed().as_nanos());
        io::stdout().flush().expect("an open output");
    }
}

/// The version of a dependency that the program is built with.
pub fn version_of(package: &str) -> &'static str {
    let line = format!("name = \"{package}\"\nversion = \"");
    let lock = include_str!("../Cargo.lock");
    lock.split_once(&line).and_then(|(_, rest)| rest.split_once('"')).map_or("", |(version, _)| version)
}
