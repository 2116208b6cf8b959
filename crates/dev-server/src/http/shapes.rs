//! The members of the objects that clients send, with the names of their types in Go.

use super::shape::Shape::{Any, Boolean, Bytes, Integer32, Integer64, List, Map, Struct as Of, Text, Time};
use super::shape::{Shape, Struct};

const STRING: Shape = Text("string");
const UID: Shape = Text("types.UID");

const METADATA: Struct = Struct::closed(
    "v1.ObjectMeta",
    &[
        ("name", STRING),
        ("generateName", STRING),
        ("namespace", STRING),
        ("selfLink", STRING),
        ("uid", UID),
        ("resourceVersion", STRING),
        ("generation", Integer64),
        ("creationTimestamp", Time),
        ("deletionTimestamp", Time),
        ("deletionGracePeriodSeconds", Integer64),
        ("labels", Map(&STRING)),
        ("annotations", Map(&STRING)),
        ("ownerReferences", List(&Of(&OWNER_REFERENCE))),
        ("finalizers", List(&STRING)),
        ("managedFields", List(&Of(&MANAGED_FIELDS_ENTRY))),
    ],
);

const OWNER_REFERENCE: Struct = Struct::closed(
    "v1.OwnerReference",
    &[
        ("apiVersion", STRING),
        ("kind", STRING),
        ("name", STRING),
        ("uid", UID),
        ("controller", Boolean),
        ("blockOwnerDeletion", Boolean),
    ],
);

const MANAGED_FIELDS_ENTRY: Struct = Struct::closed(
    "v1.ManagedFieldsEntry",
    &[
        ("manager", STRING),
        ("operation", Text("v1.ManagedFieldsOperationType")),
        ("apiVersion", STRING),
        ("time", Time),
        ("fieldsType", STRING),
        ("fieldsV1", Any),
        ("subresource", STRING),
    ],
);

/// An object with `metadata`, and what else it has.
macro_rules! object {
    ($go_type:literal $(, ($member:literal, $shape:expr))* $(,)?) => {
        Struct::closed($go_type, &[
            ("kind", STRING),
            ("apiVersion", STRING),
            ("metadata", Of(&METADATA)),
            $(($member, $shape)),*
        ])
    };
}

/// A struct some of whose members are unchecked.
macro_rules! partly {
    ($go_type:literal, [$(($member:literal, $shape:expr)),* $(,)?], [$($unchecked:literal),* $(,)?]) => {
        Struct::closed($go_type, &[$(($member, $shape),)* $(($unchecked, Any)),*])
    };
}

pub(super) static TOKEN_REQUEST: Struct = object!(
    "v1.TokenRequest",
    ("spec", Of(&TOKEN_REQUEST_SPEC)),
    (
        "status",
        Of(&Struct::closed("v1.TokenRequestStatus", &[("token", STRING), ("expirationTimestamp", Time)]))
    ),
);

const TOKEN_REQUEST_SPEC: Struct = Struct::closed(
    "v1.TokenRequestSpec",
    &[
        ("audiences", List(&STRING)),
        ("expirationSeconds", Integer64),
        (
            "boundObjectRef",
            Of(&Struct::closed(
                "v1.BoundObjectReference",
                &[("kind", STRING), ("apiVersion", STRING), ("name", STRING), ("uid", UID)],
            )),
        ),
        ("attestations", Map(&ATTESTATION_VALUE)),
    ],
);

const ATTESTATION_VALUE: Shape = List(&STRING);

pub(super) static TOKEN_REVIEW: Struct = object!(
    "v1.TokenReview",
    ("spec", Of(&Struct::closed("v1.TokenReviewSpec", &[("token", STRING), ("audiences", List(&STRING))]))),
    (
        "status",
        Of(&Struct::closed(
            "v1.TokenReviewStatus",
            &[
                ("authenticated", Boolean),
                ("user", Of(&USER_INFO)),
                ("audiences", List(&STRING)),
                ("error", STRING),
            ],
        ))
    ),
);

pub(super) static SELF_SUBJECT_REVIEW: Struct = object!(
    "v1.SelfSubjectReview",
    ("status", Of(&Struct::closed("v1.SelfSubjectReviewStatus", &[("userInfo", Of(&USER_INFO))]))),
);

const USER_INFO: Struct = Struct::closed(
    "v1.UserInfo",
    &[("username", STRING), ("uid", STRING), ("groups", List(&STRING)), ("extra", Map(&List(&STRING)))],
);

pub(super) static DELETE_OPTIONS: Struct = Struct::closed(
    "v1.DeleteOptions",
    &[
        ("kind", STRING),
        ("apiVersion", STRING),
        ("gracePeriodSeconds", Integer64),
        (
            "preconditions",
            Of(&Struct::closed("v1.Preconditions", &[("uid", UID), ("resourceVersion", STRING)])),
        ),
        ("orphanDependents", Boolean),
        ("propagationPolicy", Text("v1.DeletionPropagation")),
        ("dryRun", List(&STRING)),
        ("ignoreStoreReadErrorWithClusterBreakingPotential", Boolean),
    ],
);

pub(super) static NAMESPACE: Struct = object!(
    "v1.Namespace",
    ("spec", Of(&Struct::closed("v1.NamespaceSpec", &[("finalizers", List(&Text("v1.FinalizerName")))]))),
    (
        "status",
        Of(&Struct::closed(
            "v1.NamespaceStatus",
            &[("phase", Text("v1.NamespacePhase")), ("conditions", Any)]
        ))
    ),
);

pub(super) static SERVICE_ACCOUNT: Struct = object!(
    "v1.ServiceAccount",
    ("secrets", List(&Of(&OBJECT_REFERENCE))),
    ("imagePullSecrets", List(&Of(&LOCAL_OBJECT_REFERENCE))),
    ("automountServiceAccountToken", Boolean),
);

const OBJECT_REFERENCE: Struct = Struct::closed(
    "v1.ObjectReference",
    &[
        ("kind", STRING),
        ("namespace", STRING),
        ("name", STRING),
        ("uid", UID),
        ("apiVersion", STRING),
        ("resourceVersion", STRING),
        ("fieldPath", STRING),
    ],
);

const LOCAL_OBJECT_REFERENCE: Struct = Struct::closed("v1.LocalObjectReference", &[("name", STRING)]);

pub(super) static SECRET: Struct = object!(
    "v1.Secret",
    ("immutable", Boolean),
    ("data", Map(&Bytes)),
    ("stringData", Map(&STRING)),
    ("type", Text("v1.SecretType")),
);

pub(super) static POD: Struct = object!("v1.Pod", ("spec", Of(&POD_SPEC)), ("status", Of(&POD_STATUS)));

const POD_SPEC: Struct = partly!(
    "v1.PodSpec",
    [
        ("containers", List(&Of(&CONTAINER))),
        ("initContainers", List(&Of(&CONTAINER))),
        ("restartPolicy", Text("v1.RestartPolicy")),
        ("terminationGracePeriodSeconds", Integer64),
        ("activeDeadlineSeconds", Integer64),
        ("dnsPolicy", Text("v1.DNSPolicy")),
        ("nodeSelector", Map(&STRING)),
        ("serviceAccountName", STRING),
        ("serviceAccount", STRING),
        ("automountServiceAccountToken", Boolean),
        ("nodeName", STRING),
        ("hostNetwork", Boolean),
        ("hostPID", Boolean),
        ("hostIPC", Boolean),
        ("shareProcessNamespace", Boolean),
        ("imagePullSecrets", List(&Of(&LOCAL_OBJECT_REFERENCE))),
        ("hostname", STRING),
        ("subdomain", STRING),
        ("schedulerName", STRING),
        ("priorityClassName", STRING),
        ("priority", Integer32),
        ("runtimeClassName", STRING),
        ("enableServiceLinks", Boolean),
        ("setHostnameAsFQDN", Boolean),
        ("hostUsers", Boolean),
        ("hostnameOverride", STRING),
    ],
    [
        "volumes",
        "ephemeralContainers",
        "securityContext",
        "affinity",
        "tolerations",
        "hostAliases",
        "dnsConfig",
        "readinessGates",
        "preemptionPolicy",
        "overhead",
        "topologySpreadConstraints",
        "os",
        "schedulingGates",
        "resourceClaims",
        "resources",
        "schedulingGroup",
    ]
);

const CONTAINER: Struct = partly!(
    "v1.Container",
    [
        ("name", STRING),
        ("image", STRING),
        ("command", List(&STRING)),
        ("args", List(&STRING)),
        ("workingDir", STRING),
        ("terminationMessagePath", STRING),
        ("terminationMessagePolicy", Text("v1.TerminationMessagePolicy")),
        ("imagePullPolicy", Text("v1.PullPolicy")),
        ("stdin", Boolean),
        ("stdinOnce", Boolean),
        ("tty", Boolean),
    ],
    [
        "ports",
        "envFrom",
        "env",
        "resources",
        "resizePolicy",
        "restartPolicy",
        "restartPolicyRules",
        "volumeMounts",
        "volumeDevices",
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
        "lifecycle",
        "securityContext",
    ]
);

const POD_STATUS: Struct =
    Struct::open("v1.PodStatus", &[("phase", Text("v1.PodPhase")), ("startTime", Time)]);

pub(super) static NODE: Struct = object!(
    "v1.Node",
    (
        "spec",
        Of(&partly!(
            "v1.NodeSpec",
            [
                ("podCIDR", STRING),
                ("podCIDRs", List(&STRING)),
                ("providerID", STRING),
                ("unschedulable", Boolean),
                ("externalID", STRING),
            ],
            ["taints", "configSource"]
        ))
    ),
    ("status", Of(&Struct::open("v1.NodeStatus", &[("phase", Text("v1.NodePhase"))]))),
);

pub(super) static VALIDATING_WEBHOOK_CONFIGURATION: Struct =
    object!("v1.ValidatingWebhookConfiguration", ("webhooks", List(&Of(&VALIDATING_WEBHOOK))));

pub(super) static MUTATING_WEBHOOK_CONFIGURATION: Struct =
    object!("v1.MutatingWebhookConfiguration", ("webhooks", List(&Of(&MUTATING_WEBHOOK))));

/// A webhook of either kind, with what one of them has beyond.
macro_rules! webhook {
    ($go_type:literal $(, ($member:literal, $shape:expr))* $(,)?) => {
        Struct::closed($go_type, &[
            ("name", STRING),
            ("clientConfig", Of(&WEBHOOK_CLIENT_CONFIG)),
            ("rules", List(&Of(&RULE_WITH_OPERATIONS))),
            ("failurePolicy", Text("v1.FailurePolicyType")),
            ("matchPolicy", Text("v1.MatchPolicyType")),
            ("namespaceSelector", Any),
            ("objectSelector", Any),
            ("sideEffects", Text("v1.SideEffectClass")),
            ("timeoutSeconds", Integer32),
            ("admissionReviewVersions", List(&STRING)),
            ("matchConditions", Any),
            $(($member, $shape)),*
        ])
    };
}

const VALIDATING_WEBHOOK: Struct = webhook!("v1.ValidatingWebhook");

const MUTATING_WEBHOOK: Struct =
    webhook!("v1.MutatingWebhook", ("reinvocationPolicy", Text("v1.ReinvocationPolicyType")));

const WEBHOOK_CLIENT_CONFIG: Struct = Struct::closed(
    "v1.WebhookClientConfig",
    &[
        ("url", STRING),
        (
            "service",
            Of(&Struct::closed(
                "v1.ServiceReference",
                &[("namespace", STRING), ("name", STRING), ("path", STRING), ("port", Integer32)],
            )),
        ),
        ("caBundle", Bytes),
    ],
);

const RULE_WITH_OPERATIONS: Struct = Struct::closed(
    "v1.RuleWithOperations",
    &[
        ("operations", List(&Text("v1.OperationType"))),
        ("apiGroups", List(&STRING)),
        ("apiVersions", List(&STRING)),
        ("resources", List(&STRING)),
        ("scope", Text("v1.ScopeType")),
    ],
);
