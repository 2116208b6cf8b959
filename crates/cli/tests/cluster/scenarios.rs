//! Events in a cluster. Each has its own file.

mod deletions;
mod flood;
mod manifests;
mod new_pods;
mod outages;
mod permissions;
mod rotation;
mod scale;
mod tokens;
mod webhooks;
