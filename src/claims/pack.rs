//! Claims that fulfil every rule become a table.

use std::sync::Arc;

use super::position::{ABSENT, Position};
use super::signed::{SignedClaims, Uncommon};
use super::table::{
    AUTHENTICATED, CREDENTIAL_ID, Field, NODE_NAME, NODE_UID, POD_NAME, POD_UID, SERVICE_ACCOUNTS,
    TableBuilder,
};
use super::{Attestation, Claims};
use crate::keys::KeyFingerprint;
use crate::objects::ObjectKind;
use crate::time::UnixSeconds;

/// The prefix of the group of a namespace.
pub(crate) const NAMESPACE_GROUP_PREFIX: &str = "system:serviceaccounts:";
/// The prefix of a credential id.
pub(crate) const CREDENTIAL_ID_PREFIX: &str = "JTI=";

// Keys of `extra` that few tokens have.
const ATTESTED_API_GROUPS: &str = "attestation.authentication.kubernetes.io/admissionReviewAPIGroups";
const MUTATING_NAME: &str = "authentication.kubernetes.io/mutatingwebhookconfiguration-name";
const MUTATING_UID: &str = "authentication.kubernetes.io/mutatingwebhookconfiguration-uid";
const VALIDATING_NAME: &str = "authentication.kubernetes.io/validatingwebhookconfiguration-name";
const VALIDATING_UID: &str = "authentication.kubernetes.io/validatingwebhookconfiguration-uid";

impl SignedClaims {
    /// Packs the claims.
    ///
    /// The user is described as TokenReview describes it, and so are the texts that only the description has: the group
    /// of the namespace, and the credential id.
    #[inline(never)]
    pub(super) fn pack(mut self, expires_at: UnixSeconds, signed_by: KeyFingerprint) -> Claims {
        let has_own_label = *self.issuer_label != *self.issuer();
        let [account, secret, pod, node, validating, mutating] = [
            ObjectKind::ServiceAccount,
            ObjectKind::Secret,
            ObjectKind::Pod,
            ObjectKind::Node,
            ObjectKind::ValidatingWebhookConfiguration,
            ObjectKind::MutatingWebhookConfiguration,
        ]
        .map(|kind| self.kubernetes.reference(kind).unwrap_or_default());
        let namespace = self.kubernetes.namespace;

        // First every text that the payload does not have.
        let mut table = TableBuilder::new(std::mem::take(&mut self.text));
        let issuer_label = if has_own_label { table.text(&self.issuer_label) } else { self.issuer };
        let namespace_group = table.joined(NAMESPACE_GROUP_PREFIX, namespace);
        // An empty text is none.
        let credential_id = match self.jti {
            [_, 0] => ABSENT,
            jti => table.joined(CREDENTIAL_ID_PREFIX, jti),
        };
        let mut key = |text, value| if value == ABSENT { ABSENT } else { table.text(text) };
        let mutating_name = key(MUTATING_NAME, mutating.name);
        let mutating_uid = key(MUTATING_UID, mutating.uid);
        let validating_name = key(VALIDATING_NAME, validating.name);
        let validating_uid = key(VALIDATING_UID, validating.uid);
        // Attestations count only in a token that is bound to a webhook configuration.
        let is_of_webhook = mutating.name != ABSENT || validating.name != ABSENT;
        let attested_key = if is_of_webhook { table.text(ATTESTED_API_GROUPS) } else { ABSENT };

        // Then the arrays.
        let uncommon = self.kubernetes.uncommon.as_deref();
        let attested = uncommon.map(|uncommon| uncommon.pack_attestations(&mut table)).unwrap_or_default();
        let attested_groups = if is_of_webhook { table.elements_of(attested) } else { Vec::new() };
        let members = [
            [CREDENTIAL_ID, credential_id],
            [mutating_name, mutating.name],
            [mutating_uid, mutating.uid],
            [NODE_NAME, node.name],
            [NODE_UID, node.uid],
            [POD_NAME, pod.name],
            [POD_UID, pod.uid],
            [validating_name, validating.name],
            [validating_uid, validating.uid],
        ];
        let has_text = |[_, [_, length]]: &[Position; 2]| *length > 0;
        let attested_groups = attested_groups.into_iter().map(|group| [attested_key, group]);
        let extra = table.array(attested_groups.chain(members.into_iter().filter(has_text)));
        let groups = table.array([[SERVICE_ACCOUNTS], [namespace_group], [AUTHENTICATED]]);
        let audiences = table.array(self.audiences.as_slice().iter().map(|&audience| [audience]));
        let bound_objects = table.array(ObjectKind::ALL.iter().filter_map(|&kind| {
            // The node of a pod is informational.
            let counts = kind != ObjectKind::Node || pod.name == ABSENT;
            let object = self.kubernetes.reference(kind).filter(|_| counts)?;
            let namespace = if kind.is_namespaced() { namespace } else { ABSENT };
            Some([[kind.number(), 0], namespace, object.name, object.uid])
        }));

        table.set(Field::Payload, self.payload);
        for (field, position) in [
            (Field::Issuer, self.issuer),
            (Field::IssuerLabel, issuer_label),
            (Field::Subject, self.subject),
            (Field::Namespace, namespace),
            (Field::ServiceAccountName, account.name),
            (Field::ServiceAccountUid, account.uid),
            (Field::Jti, self.jti),
            (Field::CredentialId, credential_id),
            (Field::PodName, pod.name),
            (Field::PodUid, pod.uid),
            (Field::SecretName, secret.name),
            (Field::SecretUid, secret.uid),
            (Field::NodeName, node.name),
            (Field::NodeUid, node.uid),
            (Field::ValidatingWebhookConfigurationName, validating.name),
            (Field::ValidatingWebhookConfigurationUid, validating.uid),
            (Field::MutatingWebhookConfigurationName, mutating.name),
            (Field::MutatingWebhookConfigurationUid, mutating.uid),
            (Field::Audiences, audiences),
            (Field::Groups, groups),
            (Field::Extra, extra),
            (Field::BoundObjects, bound_objects),
            (Field::AttestedApiGroups, attested),
        ] {
            let [_, length] = position;
            table.set(field, if length > 0 { position } else { ABSENT });
        }
        Claims { expires_at, times: self.times, table: Arc::new(table.finish(signed_by)) }
    }
}

impl Uncommon {
    /// Appends the attestations. Returns the array of API groups.
    fn pack_attestations(&self, table: &mut TableBuilder) -> Position {
        let mut api_groups = ABSENT;
        let mut names = Vec::new();
        for (name, values) in self.attestations.iter() {
            let values = table.array(values.iter().map(|&value| [value]));
            if table.at(name) == Attestation::API_GROUPS {
                api_groups = values;
            }
            names.push([name, values]);
        }
        let attestations = table.array(names);
        table.set(Field::Attestations, attestations);
        api_groups
    }
}
