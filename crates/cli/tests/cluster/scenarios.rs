//! Events in a cluster. Each has its own file.

mod admission;
mod deletions;
mod flood;
mod in_pod;
mod manifests;
mod new_pods;
mod outages;
mod permissions;
mod rotation;
mod scale;
mod streams;
mod tokens;
mod webhooks;
