//! The members of the objects that clients send: what each may hold in JSON, and its field number in protobuf.

use std::fmt;

use Shape::{Any, Boolean, Bytes, Integer, List, Map, Struct as Of, Text, Time};

/// What a member may hold.
pub(crate) enum Shape {
    Text,
    Integer,
    Boolean,
    /// A `metav1.Time`.
    Time,
    /// Bytes, in base64.
    Bytes,
    List(&'static Shape),
    Map(&'static Shape),
    Struct(&'static Struct),
    /// Anything. It is kept unchecked, without members that are `null`.
    Any,
}

/// The type's name in Go, which stands in the messages of an API server.
impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Text | Time => formatter.write_str("string"),
            Integer => formatter.write_str("int64"),
            Boolean => formatter.write_str("bool"),
            Bytes => formatter.write_str("[]uint8"),
            List(element) => write!(formatter, "[]{element}"),
            Map(element) => write!(formatter, "map[string]{element}"),
            Of(known) => write!(formatter, "v1.{}", known.name),
            Any => formatter.write_str("interface {}"),
        }
    }
}

/// An object with members of known names.
pub(crate) struct Struct {
    pub name: &'static str,
    pub members: &'static [Member],
    others: Others,
}

/// A field number, a name and a shape. A member with number 0 is not read from protobuf.
pub(crate) type Member = (u32, &'static str, Shape);

/// The members beyond the listed ones.
enum Others {
    /// These, with spaces between them, are kept unchecked. All others are unknown.
    Kept(&'static str),
    AllKept,
}

impl Struct {
    /// What the member of this name may hold. `None` when a client that sends it has made a mistake.
    pub(crate) fn shape_of(&self, name: &str) -> Option<&'static Shape> {
        if let Some((_, _, shape)) = self.members.iter().find(|(_, known, _)| *known == name) {
            return Some(shape);
        }
        match self.others {
            Others::Kept(names) if names.split(' ').all(|known| known != name) => None,
            Others::Kept(_) | Others::AllKept => Some(&Any),
        }
    }
}

/// A struct that has these members alone.
const fn closed(name: &'static str, members: &'static [Member]) -> Struct {
    partly(name, members, "")
}

/// A struct that has these members, and others that are kept unchecked.
const fn partly(name: &'static str, members: &'static [Member], unchecked: &'static str) -> Struct {
    Struct { name, members, others: Others::Kept(unchecked) }
}

/// A struct whose other members are all kept unchecked.
const fn open(name: &'static str, members: &'static [Member]) -> Struct {
    Struct { name, members, others: Others::AllKept }
}

/// An object with `metadata`, and its other members.
macro_rules! object {
    ($name:literal $(, ($number:literal, $member:literal, $shape:expr))* $(,)?) => {
        closed($name, &[
            (0, "kind", Text),
            (0, "apiVersion", Text),
            (1, "metadata", Of(&METADATA)),
            $(($number, $member, $shape)),*
        ])
    };
}

const TEXTS: Shape = List(&Text);

const METADATA: Struct = closed(
    "ObjectMeta",
    &[
        (1, "name", Text),
        (2, "generateName", Text),
        (3, "namespace", Text),
        (4, "selfLink", Text),
        (5, "uid", Text),
        (6, "resourceVersion", Text),
        (0, "generation", Integer),
        (8, "creationTimestamp", Time),
        (9, "deletionTimestamp", Time),
        (10, "deletionGracePeriodSeconds", Integer),
        (11, "labels", Map(&Text)),
        (12, "annotations", Map(&Text)),
        (13, "ownerReferences", List(&Of(&OWNER_REFERENCE))),
        (14, "finalizers", TEXTS),
        (0, "managedFields", List(&Of(&MANAGED_FIELDS_ENTRY))),
    ],
);

const MANAGED_FIELDS_ENTRY: Struct = partly(
    "ManagedFieldsEntry",
    &[
        (0, "manager", Text),
        (0, "operation", Text),
        (0, "apiVersion", Text),
        (0, "time", Time),
        (0, "fieldsType", Text),
        (0, "subresource", Text),
    ],
    "fieldsV1",
);

const OWNER_REFERENCE: Struct = closed(
    "OwnerReference",
    &[
        (1, "kind", Text),
        (3, "name", Text),
        (4, "uid", Text),
        (5, "apiVersion", Text),
        (6, "controller", Boolean),
        (7, "blockOwnerDeletion", Boolean),
    ],
);

pub(super) static TOKEN_REQUEST: Struct =
    object!("TokenRequest", (2, "spec", Of(&TOKEN_REQUEST_SPEC)), (3, "status", Of(&TOKEN_REQUEST_STATUS)));

const TOKEN_REQUEST_SPEC: Struct = closed(
    "TokenRequestSpec",
    &[
        (1, "audiences", TEXTS),
        (3, "boundObjectRef", Of(&BOUND_OBJECT_REFERENCE)),
        (4, "expirationSeconds", Integer),
        (5, "attestations", Map(&TEXTS)),
    ],
);

const TOKEN_REQUEST_STATUS: Struct =
    closed("TokenRequestStatus", &[(1, "token", Text), (2, "expirationTimestamp", Time)]);

const BOUND_OBJECT_REFERENCE: Struct = closed(
    "BoundObjectReference",
    &[(1, "kind", Text), (2, "apiVersion", Text), (3, "name", Text), (4, "uid", Text)],
);

pub(super) static TOKEN_REVIEW: Struct =
    object!("TokenReview", (2, "spec", Of(&TOKEN_REVIEW_SPEC)), (3, "status", Of(&TOKEN_REVIEW_STATUS)));

const TOKEN_REVIEW_SPEC: Struct = closed("TokenReviewSpec", &[(1, "token", Text), (2, "audiences", TEXTS)]);

const TOKEN_REVIEW_STATUS: Struct = closed(
    "TokenReviewStatus",
    &[
        (1, "authenticated", Boolean),
        (2, "user", Of(&USER_INFO)),
        (3, "error", Text),
        (4, "audiences", TEXTS),
    ],
);

pub(super) static SELF_SUBJECT_REVIEW: Struct =
    object!("SelfSubjectReview", (2, "status", Of(&SELF_SUBJECT_REVIEW_STATUS)));

const SELF_SUBJECT_REVIEW_STATUS: Struct =
    closed("SelfSubjectReviewStatus", &[(1, "userInfo", Of(&USER_INFO))]);

const USER_INFO: Struct = closed(
    "UserInfo",
    &[(1, "username", Text), (2, "uid", Text), (3, "groups", TEXTS), (4, "extra", Map(&TEXTS))],
);

pub(super) static SELF_SUBJECT_ACCESS_REVIEW: Struct = object!(
    "SelfSubjectAccessReview",
    (2, "spec", Of(&SELF_SUBJECT_ACCESS_REVIEW_SPEC)),
    (3, "status", Of(&SUBJECT_ACCESS_REVIEW_STATUS)),
);

const SELF_SUBJECT_ACCESS_REVIEW_SPEC: Struct = closed(
    "SelfSubjectAccessReviewSpec",
    &[
        (1, "resourceAttributes", Of(&RESOURCE_ATTRIBUTES)),
        (2, "nonResourceAttributes", Of(&NON_RESOURCE_ATTRIBUTES)),
    ],
);

pub(super) static SUBJECT_ACCESS_REVIEW: Struct = object!(
    "SubjectAccessReview",
    (2, "spec", Of(&SUBJECT_ACCESS_REVIEW_SPEC)),
    (3, "status", Of(&SUBJECT_ACCESS_REVIEW_STATUS)),
);

const SUBJECT_ACCESS_REVIEW_SPEC: Struct = closed(
    "SubjectAccessReviewSpec",
    &[
        (1, "resourceAttributes", Of(&RESOURCE_ATTRIBUTES)),
        (2, "nonResourceAttributes", Of(&NON_RESOURCE_ATTRIBUTES)),
        (3, "user", Text),
        (4, "groups", TEXTS),
        (5, "extra", Map(&TEXTS)),
        (6, "uid", Text),
    ],
);

const RESOURCE_ATTRIBUTES: Struct = partly(
    "ResourceAttributes",
    &[
        (1, "namespace", Text),
        (2, "verb", Text),
        (3, "group", Text),
        (4, "version", Text),
        (5, "resource", Text),
        (6, "subresource", Text),
        (7, "name", Text),
    ],
    "fieldSelector labelSelector",
);

const NON_RESOURCE_ATTRIBUTES: Struct =
    closed("NonResourceAttributes", &[(1, "path", Text), (2, "verb", Text)]);

const SUBJECT_ACCESS_REVIEW_STATUS: Struct = closed(
    "SubjectAccessReviewStatus",
    &[(1, "allowed", Boolean), (2, "reason", Text), (3, "evaluationError", Text), (4, "denied", Boolean)],
);

pub(super) static SELF_SUBJECT_RULES_REVIEW: Struct =
    object!("SelfSubjectRulesReview", (2, "spec", Of(&SELF_SUBJECT_RULES_REVIEW_SPEC)), (0, "status", Any));

const SELF_SUBJECT_RULES_REVIEW_SPEC: Struct =
    closed("SelfSubjectRulesReviewSpec", &[(1, "namespace", Text)]);

pub(super) static DELETE_OPTIONS: Struct = closed(
    "DeleteOptions",
    &[
        (0, "kind", Text),
        (0, "apiVersion", Text),
        (1, "gracePeriodSeconds", Integer),
        (2, "preconditions", Of(&PRECONDITIONS)),
        (3, "orphanDependents", Boolean),
        (4, "propagationPolicy", Text),
        (5, "dryRun", TEXTS),
        (6, "ignoreStoreReadErrorWithClusterBreakingPotential", Boolean),
    ],
);

const PRECONDITIONS: Struct = closed("Preconditions", &[(1, "uid", Text), (2, "resourceVersion", Text)]);

pub(super) static NAMESPACE: Struct =
    object!("Namespace", (2, "spec", Of(&NAMESPACE_SPEC)), (3, "status", Of(&STATUS)));

const NAMESPACE_SPEC: Struct = closed("NamespaceSpec", &[(1, "finalizers", TEXTS)]);

/// The status of a namespace, a pod or a node.
const STATUS: Struct = open("Status", &[(1, "phase", Text)]);

pub(super) static SERVICE_ACCOUNT: Struct = object!(
    "ServiceAccount",
    (2, "secrets", List(&Of(&OBJECT_REFERENCE))),
    (3, "imagePullSecrets", List(&Of(&LOCAL_OBJECT_REFERENCE))),
    (4, "automountServiceAccountToken", Boolean),
);

const OBJECT_REFERENCE: Struct = closed(
    "ObjectReference",
    &[
        (1, "kind", Text),
        (2, "namespace", Text),
        (3, "name", Text),
        (4, "uid", Text),
        (5, "apiVersion", Text),
        (6, "resourceVersion", Text),
        (7, "fieldPath", Text),
    ],
);

const LOCAL_OBJECT_REFERENCE: Struct = closed("LocalObjectReference", &[(1, "name", Text)]);

pub(super) static SECRET: Struct = object!(
    "Secret",
    (2, "data", Map(&Bytes)),
    (3, "type", Text),
    (4, "stringData", Map(&Text)),
    (5, "immutable", Boolean),
);

pub(super) static POD: Struct = object!("Pod", (2, "spec", Of(&POD_SPEC)), (3, "status", Of(&STATUS)));

/// Members that matter for tokens, and those that a pod must have, are checked. The others are only known by name.
const POD_SPEC: Struct = partly(
    "PodSpec",
    &[
        (2, "containers", List(&Of(&CONTAINER))),
        (3, "restartPolicy", Text),
        (4, "terminationGracePeriodSeconds", Integer),
        (7, "nodeSelector", Map(&Text)),
        (8, "serviceAccountName", Text),
        (9, "serviceAccount", Text),
        (10, "nodeName", Text),
        (15, "imagePullSecrets", List(&Of(&LOCAL_OBJECT_REFERENCE))),
        (20, "initContainers", List(&Of(&CONTAINER))),
        (21, "automountServiceAccountToken", Boolean),
    ],
    "activeDeadlineSeconds affinity dnsConfig dnsPolicy enableServiceLinks ephemeralContainers \
     hostAliases hostIPC hostNetwork hostPID hostUsers hostname hostnameOverride os overhead \
     preemptionPolicy priority priorityClassName readinessGates resourceClaims resources runtimeClassName \
     schedulerName schedulingGates schedulingGroup securityContext setHostnameAsFQDN \
     shareProcessNamespace subdomain tolerations topologySpreadConstraints volumes",
);

const CONTAINER: Struct = partly(
    "Container",
    &[
        (1, "name", Text),
        (2, "image", Text),
        (3, "command", TEXTS),
        (4, "args", TEXTS),
        (5, "workingDir", Text),
        (14, "imagePullPolicy", Text),
    ],
    "env envFrom lifecycle livenessProbe ports readinessProbe resizePolicy resources restartPolicy \
     restartPolicyRules securityContext startupProbe stdin stdinOnce terminationMessagePath \
     terminationMessagePolicy tty volumeDevices volumeMounts",
);

pub(super) static NODE: Struct = object!("Node", (2, "spec", Of(&NODE_SPEC)), (0, "status", Of(&STATUS)));

const NODE_SPEC: Struct = partly(
    "NodeSpec",
    &[(1, "podCIDR", Text), (3, "providerID", Text), (4, "unschedulable", Boolean), (7, "podCIDRs", TEXTS)],
    "configSource externalID taints",
);

pub(super) static VALIDATING_WEBHOOK_CONFIGURATION: Struct =
    object!("ValidatingWebhookConfiguration", (0, "webhooks", List(&Of(&VALIDATING_WEBHOOK))));

pub(super) static MUTATING_WEBHOOK_CONFIGURATION: Struct =
    object!("MutatingWebhookConfiguration", (0, "webhooks", List(&Of(&MUTATING_WEBHOOK))));

const WEBHOOK: &[Member] = &[
    (0, "name", Text),
    (0, "clientConfig", Of(&WEBHOOK_CLIENT_CONFIG)),
    (0, "rules", List(&Of(&RULE_WITH_OPERATIONS))),
    (0, "sideEffects", Text),
    (0, "timeoutSeconds", Integer),
    (0, "admissionReviewVersions", TEXTS),
];

const VALIDATING_WEBHOOK: Struct = partly(
    "ValidatingWebhook",
    WEBHOOK,
    "failurePolicy matchConditions matchPolicy namespaceSelector objectSelector",
);

const MUTATING_WEBHOOK: Struct = partly(
    "MutatingWebhook",
    WEBHOOK,
    "failurePolicy matchConditions matchPolicy namespaceSelector objectSelector reinvocationPolicy",
);

const WEBHOOK_CLIENT_CONFIG: Struct = closed(
    "WebhookClientConfig",
    &[(0, "url", Text), (0, "service", Of(&SERVICE_REFERENCE)), (0, "caBundle", Bytes)],
);

const SERVICE_REFERENCE: Struct = closed(
    "ServiceReference",
    &[(0, "namespace", Text), (0, "name", Text), (0, "path", Text), (0, "port", Integer)],
);

const RULE_WITH_OPERATIONS: Struct = closed(
    "RuleWithOperations",
    &[
        (0, "operations", TEXTS),
        (0, "apiGroups", TEXTS),
        (0, "apiVersions", TEXTS),
        (0, "resources", TEXTS),
        (0, "scope", Text),
    ],
);
