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

impl SignedClaims<'_> {
    /// Packs the claims.
    ///
    /// The user is described as TokenReview describes it, and so are the texts that only the description has: the group
    /// of the namespace, and the credential id.
    #[inline(never)]
    pub(super) fn pack(&self, expires_at: UnixSeconds, signed_by: KeyFingerprint) -> Claims {
        let own_label = if self.issuer_label == self.issuer() { "" } else { self.issuer_label };
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
        let [namespace_length, jti_length] =
            [namespace, self.jti].map(|text| usize::try_from(text.length()).unwrap_or(0));
        let more = own_label.len()
            + NAMESPACE_GROUP_PREFIX.len()
            + namespace_length
            + CREDENTIAL_ID_PREFIX.len()
            + jti_length;
        let mut table = TableBuilder::new(&self.texts.0, more);
        let issuer_label = if own_label.is_empty() { self.issuer } else { table.text(own_label) };
        let namespace_group = table.joined(NAMESPACE_GROUP_PREFIX, namespace);
        // An empty text is none.
        let credential_id = match self.jti.length() {
            0 => ABSENT,
            _ => table.joined(CREDENTIAL_ID_PREFIX, self.jti),
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
        let has_text = |[_, value]: &[Position; 2]| value.length() > 0;
        let attested_groups = attested_groups.into_iter().map(|group| [attested_key, group]);
        let extra = table.array(attested_groups.chain(members.into_iter().filter(has_text)));
        let groups = table.array([[SERVICE_ACCOUNTS], [namespace_group], [AUTHENTICATED]]);
        let audiences = table.array(self.audiences.as_slice().iter().map(|&audience| [audience]));
        let bound_objects = table.array(ObjectKind::ALL.iter().filter_map(|&kind| {
            // The node of a pod is informational.
            let counts = kind != ObjectKind::Node || pod.name == ABSENT;
            let object = self.kubernetes.reference(kind).filter(|_| counts)?;
            let namespace = if kind.is_namespaced() { namespace } else { ABSENT };
            Some([Position::new(kind.number(), 0), namespace, object.name, object.uid])
        }));

        let mut set = |field, position: Position| {
            table.set(field, if position.length() > 0 { position } else { ABSENT });
        };
        set(Field::Payload, self.payload);
        set(Field::Issuer, self.issuer);
        set(Field::IssuerLabel, issuer_label);
        set(Field::Subject, self.subject);
        set(Field::Namespace, namespace);
        set(Field::ServiceAccountName, account.name);
        set(Field::ServiceAccountUid, account.uid);
        set(Field::Jti, self.jti);
        set(Field::CredentialId, credential_id);
        set(Field::PodName, pod.name);
        set(Field::PodUid, pod.uid);
        set(Field::SecretName, secret.name);
        set(Field::SecretUid, secret.uid);
        set(Field::NodeName, node.name);
        set(Field::NodeUid, node.uid);
        set(Field::ValidatingWebhookConfigurationName, validating.name);
        set(Field::ValidatingWebhookConfigurationUid, validating.uid);
        set(Field::MutatingWebhookConfigurationName, mutating.name);
        set(Field::MutatingWebhookConfigurationUid, mutating.uid);
        set(Field::Audiences, audiences);
        set(Field::Groups, groups);
        set(Field::Extra, extra);
        set(Field::BoundObjects, bound_objects);
        set(Field::AttestedApiGroups, attested);
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
