//! What may happen in a cluster, one file each.

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
