//! Following the part of a cluster that one token needs.

use boundtoken::ObjectKind;
use boundtoken_kubernetes::Cluster;
use kube::Client;

use super::SEE_DOCTOR;
use crate::failure::{Failure, causes};
use crate::inspect::{Parts, Statement};
use crate::names;

/// Connects, and follows the token's namespace. Follows nodes, secrets or webhook configurations only if the token is bound
/// to one.
///
/// The token is not verified yet. It can only narrow what is followed, and an object that is not followed is never assumed
/// to exist.
pub async fn follow_for(client: Client, token: &[u8], namespaces: &[String]) -> Result<Cluster, Failure> {
    let statement = Statement::read(Parts::decode(token).claims.json.as_ref());
    let names = |kind: ObjectKind| statement.bound_objects.iter().any(|object| object.kind == kind.name());
    let names_webhook = ObjectKind::ALL.iter().any(|kind| kind.is_webhook_configuration() && names(*kind));
    let mut builder = Cluster::builder()
        .client(client)
        .nodes(names(ObjectKind::Node))
        .secrets(names(ObjectKind::Secret))
        .webhook_configurations(names_webhook);
    if namespaces.is_empty() {
        let own = statement.bound_objects.iter().find_map(|object| object.namespace.as_deref());
        let own = own.and_then(|name| names::namespace(name).ok());
        // A token without a valid namespace is refused, whichever is followed.
        builder = builder.namespace(own.as_deref().unwrap_or("default"));
    }
    builder = namespaces.iter().fold(builder, |builder, name| builder.namespace(name.as_str()));
    builder.connect().await.map_err(|error| Failure::new(causes(&error)).advise(SEE_DOCTOR))
}
