//! The messages that clients send in protobuf: field numbers, and names as in JSON.

use super::protobuf::Field::{
    Boolean, Bytes, Count, Integer, Json, List, Map, Message as Of, Text, Time, Wrapped,
};
use super::protobuf::Message;

/// The message of a kind, if it is read in protobuf.
pub(super) fn of(kind: &str) -> Option<&'static Message> {
    Some(match kind {
        "TokenRequest" => TOKEN_REQUEST,
        "TokenReview" => TOKEN_REVIEW,
        "SelfSubjectReview" => SELF_SUBJECT_REVIEW,
        "DeleteOptions" => DELETE_OPTIONS,
        "Namespace" => NAMESPACE,
        "ServiceAccount" => SERVICE_ACCOUNT,
        "Secret" => SECRET,
        "Pod" => POD,
        "Node" => NODE,
        _ => return None,
    })
}

const METADATA: &Message = &[
    (1, "name", Text),
    (2, "generateName", Text),
    (3, "namespace", Text),
    (4, "selfLink", Text),
    (5, "uid", Text),
    (6, "resourceVersion", Text),
    (7, "generation", Count),
    (8, "creationTimestamp", Time),
    (9, "deletionTimestamp", Time),
    (10, "deletionGracePeriodSeconds", Integer),
    (11, "labels", Map(&Text)),
    (12, "annotations", Map(&Text)),
    (13, "ownerReferences", List(&Of(OWNER_REFERENCE))),
    (14, "finalizers", List(&Text)),
    (17, "managedFields", List(&Of(MANAGED_FIELDS_ENTRY))),
];

const OWNER_REFERENCE: &Message = &[
    (1, "kind", Text),
    (3, "name", Text),
    (4, "uid", Text),
    (5, "apiVersion", Text),
    (6, "controller", Boolean),
    (7, "blockOwnerDeletion", Boolean),
];

const MANAGED_FIELDS_ENTRY: &Message = &[
    (1, "manager", Text),
    (2, "operation", Text),
    (3, "apiVersion", Text),
    (4, "time", Time),
    (6, "fieldsType", Text),
    (7, "fieldsV1", Json),
    (8, "subresource", Text),
];

const TOKEN_REQUEST: &Message = &[
    (1, "metadata", Of(METADATA)),
    (
        2,
        "spec",
        Of(&[
            (1, "audiences", List(&Text)),
            (
                3,
                "boundObjectRef",
                Of(&[(1, "kind", Text), (2, "apiVersion", Text), (3, "name", Text), (4, "uid", Text)]),
            ),
            (4, "expirationSeconds", Integer),
            (5, "attestations", Map(&Wrapped(&List(&Text)))),
        ]),
    ),
    (3, "status", Of(&[(1, "token", Text), (2, "expirationTimestamp", Time)])),
];

const TOKEN_REVIEW: &Message = &[
    (1, "metadata", Of(METADATA)),
    (2, "spec", Of(&[(1, "token", Text), (2, "audiences", List(&Text))])),
    (
        3,
        "status",
        Of(&[
            (1, "authenticated", Boolean),
            (2, "user", Of(USER_INFO)),
            (3, "error", Text),
            (4, "audiences", List(&Text)),
        ]),
    ),
];

const SELF_SUBJECT_REVIEW: &Message =
    &[(1, "metadata", Of(METADATA)), (2, "status", Of(&[(1, "userInfo", Of(USER_INFO))]))];

const USER_INFO: &Message = &[
    (1, "username", Text),
    (2, "uid", Text),
    (3, "groups", List(&Text)),
    (4, "extra", Map(&Wrapped(&List(&Text)))),
];

const DELETE_OPTIONS: &Message = &[
    (1, "gracePeriodSeconds", Integer),
    (2, "preconditions", Of(&[(1, "uid", Text), (2, "resourceVersion", Text)])),
    (3, "orphanDependents", Boolean),
    (4, "propagationPolicy", Text),
    (5, "dryRun", List(&Text)),
    (6, "ignoreStoreReadErrorWithClusterBreakingPotential", Boolean),
];

const NAMESPACE: &Message = &[
    (1, "metadata", Of(METADATA)),
    (2, "spec", Of(&[(1, "finalizers", List(&Text))])),
    (3, "status", Of(&[(1, "phase", Text)])),
];

const SERVICE_ACCOUNT: &Message = &[
    (1, "metadata", Of(METADATA)),
    (2, "secrets", List(&Of(OBJECT_REFERENCE))),
    (3, "imagePullSecrets", List(&Of(&[(1, "name", Text)]))),
    (4, "automountServiceAccountToken", Boolean),
];

const OBJECT_REFERENCE: &Message = &[
    (1, "kind", Text),
    (2, "namespace", Text),
    (3, "name", Text),
    (4, "uid", Text),
    (5, "apiVersion", Text),
    (6, "resourceVersion", Text),
    (7, "fieldPath", Text),
];

const SECRET: &Message = &[
    (1, "metadata", Of(METADATA)),
    (2, "data", Map(&Bytes)),
    (3, "type", Text),
    (4, "stringData", Map(&Text)),
    (5, "immutable", Boolean),
];

/// What decides over tokens, and what a pod must have.
const POD: &Message = &[
    (1, "metadata", Of(METADATA)),
    (
        2,
        "spec",
        Of(&[
            (2, "containers", List(&Of(CONTAINER))),
            (3, "restartPolicy", Text),
            (4, "terminationGracePeriodSeconds", Integer),
            (7, "nodeSelector", Map(&Text)),
            (8, "serviceAccountName", Text),
            (9, "serviceAccount", Text),
            (10, "nodeName", Text),
            (15, "imagePullSecrets", List(&Of(&[(1, "name", Text)]))),
            (20, "initContainers", List(&Of(CONTAINER))),
            (21, "automountServiceAccountToken", Boolean),
        ]),
    ),
    (3, "status", Of(&[(1, "phase", Text)])),
];

const CONTAINER: &Message = &[
    (1, "name", Text),
    (2, "image", Text),
    (3, "command", List(&Text)),
    (4, "args", List(&Text)),
    (5, "workingDir", Text),
    (14, "imagePullPolicy", Text),
];

const NODE: &Message = &[
    (1, "metadata", Of(METADATA)),
    (
        2,
        "spec",
        Of(&[
            (1, "podCIDR", Text),
            (3, "providerID", Text),
            (4, "unschedulable", Boolean),
            (7, "podCIDRs", List(&Text)),
        ]),
    ),
];
