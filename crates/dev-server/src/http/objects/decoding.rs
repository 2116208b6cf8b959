//! Decoding documents that are JSON values already: patched objects and manifests.

use serde_json::Value;

use super::super::decode;
use super::super::kinds::{self, Kind};
use crate::store::Resource;

/// The kind of the resource's objects.
pub(super) fn kind(resource: Resource) -> &'static Kind {
    match resource {
        Resource::Namespaces => &kinds::NAMESPACE,
        Resource::ServiceAccounts => &kinds::SERVICE_ACCOUNT,
        Resource::Pods => &kinds::POD,
        Resource::Secrets => &kinds::SECRET,
        Resource::Nodes => &kinds::NODE,
        Resource::ValidatingWebhookConfigurations => &kinds::VALIDATING_WEBHOOK_CONFIGURATION,
        Resource::MutatingWebhookConfigurations => &kinds::MUTATING_WEBHOOK_CONFIGURATION,
    }
}

/// Decodes an object as the body of a request is decoded, but for its `kind` and `apiVersion`.
///
/// # Errors
///
/// What is wrong with it.
pub(crate) fn decode(resource: Resource, object: &mut Value) -> Result<(), String> {
    decode::decode(object, kind(resource).shape).map(drop)
}
