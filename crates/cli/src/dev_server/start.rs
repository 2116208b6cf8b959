//! Why the server does not start, in terms of this program's options.

use std::io::ErrorKind;

use boundtoken_dev_server::DevServerError;

use super::Arguments;
use crate::failure::{self, Failure, harmless};

impl Arguments {
    pub(super) fn not_started(&self, error: &DevServerError) -> Failure {
        let file = |text: &usize| {
            let path = text.checked_sub(1).and_then(|place| self.objects.get(place));
            format!("--objects {}", path.map_or_else(String::new, |path| failure::name(path)))
        };
        Failure::new(match error {
            DevServerError::AddressIsRemote(address) => format!(
                "other computers can reach {}, and a client with any token may do everything here: allow it with \
                 --allow-remote, or leave out --address",
                address.ip()
            ),
            DevServerError::Hostname(name) => {
                format!("--hostname {}: give a DNS name or an IP address, without a port", harmless(name))
            }
            DevServerError::CannotListen { address, source } => match source.kind() {
                ErrorKind::AddrInUse => format!(
                    "{address} is in use: end the program that listens there, or choose another port with --port; \
                     --port 0 takes a free one"
                ),
                ErrorKind::AddrNotAvailable => format!(
                    "this computer does not have the address {}: choose one that it has with --address",
                    address.ip()
                ),
                ErrorKind::PermissionDenied => {
                    format!("cannot listen on {address}: {source}: choose a port above 1023 with --port")
                }
                _ => format!("cannot listen on {address}: {source}: choose others with --address and --port"),
            },
            DevServerError::Certificate(problem) => {
                format!("cannot make a certificate: {}: --http does without one", harmless(problem))
            }
            DevServerError::Issuer(problem) => {
                format!("the issuer cannot be used: {problem}: choose another one with --issuer")
            }
            DevServerError::Audience(problem) => {
                format!("the audiences cannot be used: {problem}: choose others with --audience")
            }
            DevServerError::Manifest { text, document, problem } => format!(
                "{}, document {document}: {}: give YAML or JSON, as for kubectl apply",
                file(text),
                harmless(problem)
            ),
            DevServerError::Object { text, problem } => format!("{}: {}", file(text), harmless(problem)),
            other => harmless(&other.to_string()),
        })
    }
}
