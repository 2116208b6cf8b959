//! Tests of the layers: in process, over sockets, and with clients of other makers.
#![allow(clippy::restriction)]

mod access;
mod cluster;
mod examples;
mod flood;
#[cfg(feature = "tonic")]
mod grpc;
#[cfg(feature = "axum")]
mod headers;
mod http;
#[cfg(feature = "metrics")]
mod metrics;
mod revoked;
mod setup;
mod waiting;
