//! Whose tokens are accepted: the issuer's names and its public keys.

use std::path::PathBuf;

use boundtoken::{Algorithm, Key, KeyError, KeySet, SkippedKey, TrustedIssuer};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use crate::failure::{self, Failure};
use crate::input::read_file;
use crate::output::{printable, warning};

const RSA_ALGORITHMS: [&str; 6] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
/// A little more than a key set may have, so that the library says what is wrong with a longer one.
const MAX_FILE_SIZE: u64 = 2 << 20;

#[derive(Args)]
#[command(next_help_heading = "The issuer")]
pub struct IssuerOptions {
    /// Name of the issuer, exactly as the cluster writes it into its tokens; may be given several times
    ///
    /// `kubectl get --raw /.well-known/openid-configuration` shows it as `issuer`.
    #[arg(long, value_name = "URL")]
    issuer: Vec<String>,
    /// JSON Web Key Set of the issuer, as the API server serves it at /openid/v1/jwks; may be given several times
    #[arg(long, value_name = "FILE", value_parser = file)]
    jwks: Vec<PathBuf>,
    /// Keys of the issuer in PEM form, such as sa.pub of a control plane; may be given several times
    ///
    /// Of private keys only the public half is used.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pem: Vec<PathBuf>,
    /// What the RSA keys from --pem sign with [default: RS256]
    #[arg(long, value_name = "NAME", requires = "pem", value_parser = rsa_algorithm())]
    algorithm: Option<Algorithm>,
}

fn rsa_algorithm() -> impl clap::builder::TypedValueParser<Value = Algorithm> {
    PossibleValuesParser::new(RSA_ALGORITHMS)
        .try_map(|name| Algorithm::from_name(&name).ok_or(KeyError::UnsupportedAlgorithm))
}

/// Standard input is for the token alone.
pub fn file(name: &str) -> Result<PathBuf, String> {
    if name == "-" {
        return Err("standard input is for the token: name a file".to_owned());
    }
    Ok(PathBuf::from(name))
}

impl IssuerOptions {
    /// Reads the keys; reports those that cannot be used.
    pub fn load(&self) -> Result<TrustedIssuer, Failure> {
        let mut keys = KeySet::default();
        for path in &self.jwks {
            let set = KeySet::from_jwks(&read_file(path, MAX_FILE_SIZE)?)
                .map_err(|error| Failure::with_file(path, error))?;
            warn_of_skipped(&failure::name(path), set.skipped());
            keys = keys.merge(set);
        }
        for path in &self.pem {
            let set = KeySet::from_pem(&read_file(path, MAX_FILE_SIZE)?)
                .map_err(|error| Failure::with_file(path, error))?;
            warn_of_skipped(&failure::name(path), set.skipped());
            let set: Result<KeySet, KeyError> =
                set.keys().iter().map(|key| self.with_algorithm(key.clone())).collect();
            keys = keys.merge(set.map_err(|error| Failure::with_file(path, error))?);
        }
        if keys.is_empty() {
            return Err(Failure::new("no usable key: give a key set of the cluster with --jwks or --pem"));
        }
        let mut names = self.issuer.iter().map(String::as_str);
        let issuer = TrustedIssuer::new(names.next().unwrap_or_default(), keys);
        Ok(names.fold(issuer, TrustedIssuer::also_named))
    }

    fn with_algorithm(&self, key: Key) -> Result<Key, KeyError> {
        match self.algorithm {
            // RS256 is what every RSA key of a PEM file comes with.
            Some(algorithm) if key.algorithm() == Algorithm::RS256 => key.with_algorithm(algorithm),
            _ => Ok(key),
        }
    }
}

fn warn_of_skipped(file: &str, skipped: &[SkippedKey]) {
    for key in skipped {
        let kid = key.kid().map(|kid| format!(" (kid {})", printable(kid))).unwrap_or_default();
        warning(&format!("{file}: key {}{kid} is not used: {}", key.index().saturating_add(1), key.error()));
    }
}
