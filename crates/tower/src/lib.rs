//! Authenticates the callers of Rust services by Kubernetes bound tokens.
//!
//! [`AuthLayer`] is a [tower](https://docs.rs/tower) layer for every service that speaks HTTP: axum, hyper, tonic and others. It
//! verifies the bearer token of each request in memory, gives the service its [`Caller`], and answers for the service if there
//! is none. A token that was seen before costs less than 200 ns, its pod confirmed each time.
//!
//! ```no_run
//! # #[cfg(all(feature = "axum", feature = "kubernetes"))] {
//! use axum::{Router, routing::get};
//! use boundtoken_tower::{AuthLayer, Caller};
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let auth = AuthLayer::in_cluster("my-service").await?; // in a pod: finds issuer, keys and objects
//! let router: Router = Router::new()
//!     .route("/", get(|caller: Caller| async move { caller.claims().subject().to_owned() }))
//!     .layer(auth.clone())
//!     .route_service("/readyz", auth.readiness());
//! # Ok(())
//! # }
//! # }
//! ```
//!
//! # Where things are
//!
//! - [`AuthLayer`] authenticates; [`Authenticator`] does the same without tower. [`Refusal`] is why a request did not pass.
//! - [`Policy`] says which callers are allowed, for all routes or, by [`require`], for some. A [`SharedPolicy`] can be replaced
//!   while the service runs, and a [`PolicyFile`] is followed.
//! - `AccessReview` asks Kubernetes what a caller may do, and `require_access` lets only those pass who may.
//! - [`AdmissionLayer`] is for admission webhooks: it believes an API server by its token, and its review by what the token attests.
//! - [`Caller::revoked`] is a future that completes when the caller is no longer good. WebSockets, server-sent events and
//!   streams end with it.
//! - `GrpcAuthLayer` answers in gRPC's words, and ends streams by itself.
//! - `metrics` has numbers for operators, and `Readiness` tells Kubernetes when a service can decide.
//!
//! The programs in `examples/` are whole services: `axum`, `tonic`, `admission`, `hyper`, `actix`.
//!
//! # Under a flood
//!
//! A forger who knows a `kid` makes the layer check signatures, on the threads of the runtime. Limit how many requests are under way,
//! and answer the others at once with 503. Known callers then wait for at most so many requests. `docs/flood.md` in the repository
//! says what to set up in front.
//!
//! ```
//! use axum::error_handling::HandleErrorLayer;
//! use axum::http::StatusCode;
//! use axum::http::header::RETRY_AFTER;
//! use axum::{BoxError, Router};
//! use boundtoken_tower::AuthLayer;
//! use tower::ServiceBuilder;
//! use tower::limit::GlobalConcurrencyLimitLayer;
//!
//! fn protect(router: Router, auth: AuthLayer) -> Router {
//!     let busy = |_: BoxError| async { (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")]) };
//!     let layers = ServiceBuilder::new()
//!         .layer(HandleErrorLayer::new(busy))
//!         .load_shed()
//!         .layer(GlobalConcurrencyLimitLayer::new(512)) // for all routes together
//!         .layer(auth);
//!     router.layer(layers)
//! }
//! ```
//!
//! # Features
//!
//! | feature | adds | pulls in |
//! |---|---|---|
//! | `ring` (default), `aws-lc-rs` | the cryptography, as for `boundtoken` | |
//! | `axum` | `Caller` as an extractor, `Refusal` as a response | axum-core 0.5, of axum 0.8 |
//! | `tonic` | `GrpcAuthLayer` | tonic 0.14 |
//! | `kubernetes` | `AuthLayer::in_cluster`, `Readiness`, `AccessReview` | kube, boundtoken-kubernetes |
//! | `metrics` | numbers for operators | metrics 0.24 |
#![forbid(unsafe_code)]

#[cfg(feature = "kubernetes")]
mod access_review;
mod admission;
mod answer;
mod authenticator;
mod bearer;
mod caller;
mod layer;
mod observe;
mod policy;
mod refusal;
mod require;
mod revoked;

#[cfg(feature = "axum")]
mod axum;
#[cfg(feature = "kubernetes")]
mod cluster;
#[cfg(feature = "tonic")]
mod grpc;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "kubernetes")]
mod readiness;
#[cfg(feature = "kubernetes")]
mod require_access;

#[cfg(feature = "kubernetes")]
pub use access_review::{AccessReview, AccessReviewError};
pub use admission::{
    AdmissionFuture, AdmissionLayer, AdmissionService, InvalidReview, ServiceAddress, WebhookAddress,
};
pub use authenticator::Authenticator;
pub use bearer::InvalidRequest;
pub use caller::Caller;
#[cfg(feature = "kubernetes")]
pub use cluster::InClusterError;
#[cfg(feature = "tonic")]
pub use grpc::{GrpcAuthLayer, GrpcAuthService, GrpcFuture};
pub use layer::{AuthLayer, AuthService, ResponseFuture};
pub use policy::{Policy, PolicyError, PolicyFile, SharedPolicy};
#[cfg(feature = "kubernetes")]
pub use readiness::Readiness;
pub use refusal::Refusal;
pub use require::{RequireFuture, RequireLayer, RequireService, require};
#[cfg(feature = "kubernetes")]
pub use require_access::{RequireAccessLayer, RequireAccessService, require_access};
pub use revoked::Revoked;
