//! Trusted issuers: their names, public keys and objects.

use std::path::{Path, PathBuf};

use boundtoken::{
    Algorithm, BuildError, Key, KeyError, KeySet, SkippedKey, TrustedIssuer, Verifier, VerifierBuilder,
};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::failure::{self, Failure};
use crate::input::{read_file, read_secret};
use crate::objects::Objects;
use crate::output::{printable, warning};
use crate::wrong_file;

const RSA_ALGORITHMS: [&str; 6] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
/// The largest file that is read, in bytes. The library accepts less and explains the error better.
const MAX_FILE_SIZE: u64 = 2 << 20;

/// The options about issuers, in the order in which they were given.
///
/// The order tells which issuer an option belongs to. The keys of one cluster must never vouch for another.
pub struct IssuerOptions {
    options: Vec<IssuerOption>,
    algorithm: Option<Algorithm>,
}

#[derive(Args)]
#[command(next_help_heading = "The issuer")]
struct Given {
    /// Name of the issuer, exactly as in the cluster's tokens; may be given several times
    ///
    /// `kubectl get --raw /.well-known/openid-configuration` shows it as `issuer`. With several issuers, --label, --jwks, --pem
    /// and --objects belong to the --issuer before them. Several --issuer in a row are names of the same issuer.
    #[arg(long, value_name = "URL")]
    issuer: Vec<String>,
    /// Your own name for the issuer, for the output [default: its first name]
    #[arg(long, value_name = "NAME", requires = "issuer")]
    label: Vec<String>,
    /// JSON Web Key Set of the issuer, as the API server serves it at /openid/v1/jwks; may be given several times
    #[arg(long, value_name = "FILE", value_parser = file)]
    jwks: Vec<PathBuf>,
    /// Keys of the issuer in PEM format, such as a control plane's sa.pub; may be given several times
    ///
    /// Only the public half of a private key is used.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pem: Vec<PathBuf>,
    /// Algorithm of the RSA keys in all --pem files [default: RS256]
    #[arg(long, value_name = "NAME", requires = "pem", value_parser = rsa_algorithm())]
    algorithm: Option<Algorithm>,
    /// File with objects of the issuer's cluster, as JSON or YAML lists; may be given several times
    ///
    /// The output of `kubectl get serviceaccounts,pods,secrets,nodes -A -o json`, or {"pods": [...], ...}. For tokens that are
    /// bound to webhook configurations, list these too.
    #[arg(long, value_name = "FILE", value_parser = file)]
    objects: Vec<PathBuf>,
}

/// An option and its value.
enum IssuerOption {
    Issuer(String),
    Label(String),
    Jwks(PathBuf),
    Pem(PathBuf),
    Objects(PathBuf),
}

/// The options about one issuer.
#[derive(Default)]
struct Group {
    names: Vec<String>,
    labels: Vec<String>,
    jwks: Vec<PathBuf>,
    pem: Vec<PathBuf>,
    objects: Vec<PathBuf>,
}

/// A trusted issuer, and the objects of its cluster if files list them.
pub struct LoadedIssuer {
    /// Does not have the objects yet.
    pub issuer: TrustedIssuer,
    pub objects: Option<Objects>,
}

impl FromArgMatches for IssuerOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        let [issuers, labels, jwks, pem, objects] = ["issuer", "label", "jwks", "pem", "objects"]
            .map(|option| matches.indices_of(option).into_iter().flatten().collect::<Vec<_>>());
        let given = Given::from_arg_matches_mut(matches)?;
        let mut options: Vec<(usize, IssuerOption)> = Vec::new();
        options.extend(issuers.into_iter().zip(given.issuer.into_iter().map(IssuerOption::Issuer)));
        options.extend(labels.into_iter().zip(given.label.into_iter().map(IssuerOption::Label)));
        options.extend(jwks.into_iter().zip(given.jwks.into_iter().map(IssuerOption::Jwks)));
        options.extend(pem.into_iter().zip(given.pem.into_iter().map(IssuerOption::Pem)));
        options.extend(objects.into_iter().zip(given.objects.into_iter().map(IssuerOption::Objects)));
        options.sort_by_key(|(place, _)| *place);
        let options = options.into_iter().map(|(_, option)| option).collect();
        Ok(Self { options, algorithm: given.algorithm })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for IssuerOptions {
    fn augment_args(command: Command) -> Command {
        Given::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Given::augment_args_for_update(command)
    }
}

fn rsa_algorithm() -> impl clap::builder::TypedValueParser<Value = Algorithm> {
    PossibleValuesParser::new(RSA_ALGORITHMS)
        .try_map(|name| Algorithm::from_name(&name).ok_or(KeyError::UnsupportedAlgorithm))
}

/// Parses the name of a file. Refuses `-`, because standard input is for the token.
pub fn file(name: &str) -> Result<PathBuf, String> {
    if name == "-" {
        return Err("standard input is for the token: name a file".to_owned());
    }
    Ok(PathBuf::from(name))
}

impl IssuerOptions {
    /// Reads the keys and objects of each issuer. Warns of keys that cannot be used.
    pub fn load(&self) -> Result<Vec<LoadedIssuer>, Failure> {
        self.groups()?.iter().map(|group| group.load(self.algorithm)).collect()
    }

    /// Groups the options by issuer. Fails if that is ambiguous.
    fn groups(&self) -> Result<Vec<Group>, Failure> {
        let names = self.options.iter().filter(|option| matches!(option, IssuerOption::Issuer(_))).count();
        // With a single name, every option belongs to it, in any order.
        let one = names < 2;
        let mut groups: Vec<Group> = if one { vec![Group::default()] } else { Vec::new() };
        for option in &self.options {
            let begins = matches!(option, IssuerOption::Issuer(_))
                && groups.last().is_none_or(|group| !group.is_only_named());
            if begins && !one {
                groups.push(Group::default());
            }
            match groups.last_mut() {
                Some(group) => group.add(option),
                None => {
                    return Err(ambiguous(&format!("{} comes before the first --issuer", option.name())));
                }
            }
        }
        if !one {
            groups.iter().try_for_each(Group::demand_clarity)?;
        }
        Ok(groups)
    }
}

impl IssuerOption {
    fn name(&self) -> &'static str {
        match self {
            Self::Issuer(_) => "--issuer",
            Self::Label(_) => "--label",
            Self::Jwks(_) => "--jwks",
            Self::Pem(_) => "--pem",
            Self::Objects(_) => "--objects",
        }
    }
}

impl Group {
    fn add(&mut self, option: &IssuerOption) {
        match option {
            IssuerOption::Issuer(name) => self.names.push(name.clone()),
            IssuerOption::Label(label) => self.labels.push(label.clone()),
            IssuerOption::Jwks(path) => self.jwks.push(path.clone()),
            IssuerOption::Pem(path) => self.pem.push(path.clone()),
            IssuerOption::Objects(path) => self.objects.push(path.clone()),
        }
    }

    /// Whether only names were given so far. Another name then belongs to the same issuer.
    fn is_only_named(&self) -> bool {
        self.labels.is_empty() && self.jwks.is_empty() && self.pem.is_empty() && self.objects.is_empty()
    }

    /// The first name, for a message. Empty if there is none.
    fn name(&self) -> String {
        self.names.first().map_or_else(String::new, |name| failure::harmless(name))
    }

    fn demand_clarity(&self) -> Result<(), Failure> {
        let files = self.jwks.len().saturating_add(self.pem.len());
        if files == 0 {
            return Err(ambiguous(&format!("no --jwks or --pem follows --issuer {}", self.name())));
        }
        // Several names and several files may be meant as pairs. A label says that they are one issuer.
        if files > 1 && self.names.len() > 1 && self.labels.is_empty() {
            return Err(ambiguous(&format!(
                "{files} key files follow {} names from --issuer {} on; if all belong to one issuer, give it a --label",
                self.names.len(),
                self.name()
            )));
        }
        Ok(())
    }

    fn load(&self, algorithm: Option<Algorithm>) -> Result<LoadedIssuer, Failure> {
        let keys = self.keys(algorithm)?;
        let Some((name, others)) = self.names.split_first() else {
            return Err(Failure::new(
                "no --issuer: name the issuer as its tokens do; `kubectl get --raw /.well-known/openid-configuration` \
                 shows it",
            ));
        };
        let issuer = TrustedIssuer::new(name.as_str(), keys);
        let issuer = others.iter().map(String::as_str).fold(issuer, TrustedIssuer::also_named);
        let issuer = match self.labels.as_slice() {
            [] => issuer,
            [label] => issuer.label(label),
            _ => {
                return Err(Failure::new(format!(
                    "several --label for --issuer {}: give only one",
                    self.name()
                )));
            }
        };
        let objects = if self.objects.is_empty() { None } else { Some(Objects::load(&self.objects)?) };
        Ok(LoadedIssuer { issuer, objects })
    }

    fn keys(&self, algorithm: Option<Algorithm>) -> Result<KeySet, Failure> {
        let mut keys = KeySet::default();
        for path in &self.jwks {
            let set = jwks(path)?;
            warn_of_skipped(&failure::name(path), set.skipped());
            keys = keys.merge(set);
        }
        for path in &self.pem {
            let set = pem(path)?;
            warn_of_skipped(&failure::name(path), set.skipped());
            let set: Result<KeySet, KeyError> =
                set.keys().iter().map(|key| with_algorithm(key.clone(), algorithm)).collect();
            keys = keys.merge(set.map_err(|error| Failure::with_file(path, error))?);
        }
        if keys.is_empty() {
            let whose = if self.names.is_empty() { String::new() } else { format!(" for {}", self.name()) };
            return Err(Failure::new(format!(
                "no usable key{whose}: give the cluster's keys with --jwks or --pem; \
                 `kubectl get --raw /openid/v1/jwks > jwks.json` writes them"
            )));
        }
        Ok(keys)
    }
}

impl LoadedIssuer {
    pub fn with_objects(self) -> TrustedIssuer {
        match self.objects {
            Some(objects) => self.issuer.bound_objects(objects),
            None => self.issuer,
        }
    }
}

/// Builds a verifier. Explains a mistake with issuers by options of the command line.
pub fn build(builder: VerifierBuilder) -> Result<Verifier, Failure> {
    builder.build().map_err(|error| match error {
        BuildError::LabelNotUnique { .. } => Failure::new(format!(
            "{}, as in --issuer URL --label blue --jwks blue.json --issuer URL --label green --jwks green.json",
            failure::harmless(&error.to_string())
        )),
        _ => Failure::new(failure::harmless(&error.to_string())),
    })
}

/// Reads a key set. A failure names the command that writes one.
fn jwks(path: &Path) -> Result<KeySet, Failure> {
    const WRITES_ONE: &str = "`kubectl get --raw /openid/v1/jwks > jwks.json` writes a cluster's key set";
    let bytes = read_file(path, MAX_FILE_SIZE).map_err(|failure| failure.advise(WRITES_ONE))?;
    let wrong = |wrong: &dyn std::fmt::Display| Failure::with_file(path, wrong).advise(WRITES_ONE);
    match wrong_file::described(&bytes) {
        Some(description) => Err(wrong(&description)),
        None => KeySet::from_jwks(&bytes).map_err(|error| wrong(&error)),
    }
}

/// Reads keys in PEM format. A failure says where a cluster has them.
fn pem(path: &Path) -> Result<KeySet, Failure> {
    const HAS_ONE: &str = "a control plane has its public key in /etc/kubernetes/pki/sa.pub";
    let bytes = read_secret(path, MAX_FILE_SIZE).map_err(|failure| failure.advise(HAS_ONE))?;
    KeySet::from_pem(&bytes).map_err(|error| Failure::with_file(path, error))
}

fn ambiguous(wrong: &str) -> Failure {
    Failure::new(format!(
        "{wrong}. With several issuers, put the options of each behind its --issuer, as in \
         --issuer URL-A --jwks a.json --issuer URL-B --jwks b.json. \
         Put further names of the same issuer first, as in --issuer NEW --issuer OLD --jwks keys.json"
    ))
}

fn with_algorithm(key: Key, algorithm: Option<Algorithm>) -> Result<Key, KeyError> {
    match algorithm {
        // Every RSA key from a PEM file starts with RS256.
        Some(algorithm) if key.algorithm() == Algorithm::RS256 => key.with_algorithm(algorithm),
        _ => Ok(key),
    }
}

/// Warns of keys that cannot be used.
pub fn warn_of_skipped(file: &str, skipped: &[SkippedKey]) {
    for key in skipped {
        let kid = key.kid().map(|kid| format!(" (kid {})", printable(kid))).unwrap_or_default();
        warning(&format!("{file}: key {}{kid} is not used: {}", key.index().saturating_add(1), key.error()));
    }
}
