//! Why a development server cannot start.

use std::net::SocketAddr;
use std::{error, fmt, io};

use boundtoken::{BuildError, IssuerError, KeyError};

/// Why a [`DevServer`](super::DevServer) cannot start.
#[derive(Debug)]
#[non_exhaustive]
pub enum DevServerError {
    /// The address can be reached from other computers, and that was not allowed.
    AddressIsRemote(SocketAddr),
    /// A host name is neither a DNS name nor an address that clients can connect to.
    Hostname(String),
    /// The address cannot be listened on.
    CannotListen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// No key or token can be made.
    Key(KeyError),
    /// No certificate can be made.
    Certificate(String),
    /// The issuer's name cannot be used.
    Issuer(IssuerError),
    /// An audience cannot be used.
    Audience(BuildError),
    /// A text with objects cannot be read.
    Manifest {
        /// Which text, from 1.
        text: usize,
        /// Which document in it, from 1.
        document: usize,
        /// What is wrong.
        problem: String,
    },
    /// An object is refused.
    Object {
        /// In which text, from 1.
        text: usize,
        /// Why.
        problem: String,
    },
    /// The system gives no threads.
    NoThreads(io::Error),
}

impl fmt::Display for DevServerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressIsRemote(address) => write!(
                formatter,
                "{address} can be reached from other computers, and a client with any token may do everything here: \
                 choose a loopback address, or allow it with allow_remote(true)"
            ),
            Self::Hostname(name) => {
                write!(formatter, "{name:?} is not a host name: give a DNS name or an IP address")
            }
            Self::CannotListen { address, source } if source.kind() == io::ErrorKind::AddrInUse => write!(
                formatter,
                "{address} is in use: end the program that listens there, or choose another port (0 takes a free one)"
            ),
            Self::CannotListen { address, source } => {
                write!(formatter, "cannot listen on {address}: {source}")
            }
            Self::Key(error) => write!(formatter, "cannot make a key: {error}"),
            Self::Certificate(error) => {
                write!(formatter, "cannot make a certificate: {error}; plain_http() does without one")
            }
            Self::Issuer(error) => write!(formatter, "the issuer cannot be used: {error}"),
            Self::Audience(error) => write!(formatter, "the audiences cannot be used: {error}"),
            Self::Manifest { text, document, problem } => write!(
                formatter,
                "objects: text {text}, document {document}: {problem}: give YAML or JSON, as for kubectl apply"
            ),
            Self::Object { text, problem } => write!(formatter, "objects: text {text}: {problem}"),
            Self::NoThreads(error) => write!(formatter, "cannot start a thread: {error}"),
        }
    }
}

impl error::Error for DevServerError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::CannotListen { source, .. } | Self::NoThreads(source) => Some(source),
            Self::Key(source) => Some(source),
            Self::Issuer(source) => Some(source),
            Self::Audience(source) => Some(source),
            _ => None,
        }
    }
}
