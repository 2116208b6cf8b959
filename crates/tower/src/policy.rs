//! Which accepted callers are allowed.

use std::fmt;
use std::ops::Not;
use std::sync::Arc;

use boundtoken::{Confirmed, VerifiedToken};

mod error;
mod file;
mod place;
mod read;
mod shared;

pub use error::PolicyError;
pub use file::PolicyFile;
pub use shared::SharedPolicy;

/// The attested API group that stands for all groups.
const ALL_API_GROUPS: &str = "*";

/// Says which callers are allowed, among those whose tokens were accepted.
///
/// A policy is one rule, or rules joined by [`any`](Self::any), [`all`](Self::all) and `!`. It looks at nothing but the
/// [`VerifiedToken`]. Judging takes no I/O, no lock and no allocation.
///
/// If a verifier trusts several clusters, the namespaces, service accounts and nodes of all of them count. Name the
/// cluster as well, by [`issuer`](Self::issuer).
///
/// Cheap to clone, and safe to share between threads.
///
/// ```
/// # use boundtoken::{KeySet, TrustedIssuer, UnixSeconds, Verifier};
/// # let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/apiserver-rs256/");
/// # let read = |name: &str| std::fs::read(format!("{vectors}{name}"));
/// # let tokens: std::collections::BTreeMap<String, String> = serde_json::from_slice(&read("tokens.json")?)?;
/// # let issuer = "https://kubernetes.default.svc.cluster.local";
/// # let verifier = Verifier::builder()
/// #     .issuer(TrustedIssuer::new(issuer, KeySet::from_jwks(&read("jwks.json")?)?))
/// #     .audience("vault")
/// #     .build()?;
/// use boundtoken_tower::Policy;
///
/// let policy = Policy::any([
///     Policy::service_account("demo", "app"),
///     Policy::all([Policy::namespace("monitoring"), Policy::confirmed_live(), !Policy::node("node-1")]),
/// ]);
/// let caller = verifier.verify_at(tokens["pod-live"].as_bytes(), UnixSeconds(1_795_522_300))?;
/// assert_eq!(caller.claims().subject(), "system:serviceaccount:demo:app");
/// assert!(policy.allows(&caller));
/// assert!(!Policy::namespace("monitoring").allows(&caller));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Policy(Rule);

#[derive(Clone)]
enum Rule {
    Everyone,
    Nobody,
    Namespace(Arc<str>),
    ServiceAccount { namespace: Arc<str>, name: Arc<str> },
    Audience(Arc<str>),
    Node(Arc<str>),
    Issuer(Arc<str>),
    ApiGroup(Arc<str>),
    ConfirmedLive,
    Any(Arc<[Policy]>),
    All(Arc<[Policy]>),
    Not(Arc<Policy>),
    When(Arc<Predicate>),
}

type Predicate = dyn Fn(&VerifiedToken) -> bool + Send + Sync;

impl Policy {
    /// Allows every caller whose token was accepted.
    ///
    /// ```
    /// # use boundtoken_tower::Policy;
    /// assert_eq!(format!("{:?}", Policy::everyone()), "everyone");
    /// ```
    #[must_use]
    pub fn everyone() -> Self {
        Self(Rule::Everyone)
    }

    /// Allows no caller.
    ///
    /// ```
    /// # use boundtoken_tower::Policy;
    /// assert_eq!(format!("{:?}", Policy::nobody()), "nobody");
    /// ```
    #[must_use]
    pub fn nobody() -> Self {
        Self(Rule::Nobody)
    }

    /// Allows every service account of a namespace.
    ///
    /// ```
    /// # use boundtoken_tower::Policy;
    /// let policy = Policy::namespace("demo");
    /// # assert_eq!(format!("{policy:?}"), r#"namespace("demo")"#);
    /// ```
    #[must_use]
    pub fn namespace(namespace: impl Into<Arc<str>>) -> Self {
        Self(Rule::Namespace(namespace.into()))
    }

    /// Allows one service account: first its namespace, then its name.
    ///
    /// ```
    /// # use boundtoken_tower::Policy;
    /// let policy = Policy::service_account("demo", "app");
    /// # assert_eq!(format!("{policy:?}"), r#"service_account("demo", "app")"#);
    /// ```
    #[must_use]
    pub fn service_account(namespace: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self(Rule::ServiceAccount { namespace: namespace.into(), name: name.into() })
    }

    /// Allows callers whose token was accepted for this audience.
    ///
    /// Only [matched audiences](VerifiedToken::matched_audiences) count: the token names them, and the verifier
    /// accepts them. It is meant for a verifier that accepts several.
    ///
    /// ```
    /// # use boundtoken_tower::Policy;
    /// let policy = Policy::audience("vault");
    /// # assert_eq!(format!("{policy:?}"), r#"audience("vault")"#);
    /// ```
    #[must_use]
    pub fn audience(audience: impl Into<Arc<str>>) -> Self {
        Self(Rule::Audience(audience.into()))
    }

    /// Allows callers whose token is bound to this node, or to a pod on it.
    ///
    /// A token that names no node does not fit. With `!` in front it is allowed, then.
    ///
    /// ```
    /// # use boundtoken_tower::Policy;
    /// let policy = Policy::node("node-1");
    /// # assert_eq!(format!("{policy:?}"), r#"node("node-1")"#);
    /// ```
    #[must_use]
    pub fn node(name: impl Into<Arc<str>>) -> Self {
        Self(Rule::Node(name.into()))
    }

    /// Allows callers of one issuer, by its [label](boundtoken::TrustedIssuer::label). An issuer without a label has its
    /// name as label.
    ///
    /// ```
    /// # use boundtoken_tower::Policy;
    /// let policy = Policy::all([Policy::issuer("blue"), Policy::namespace("demo")]);
    /// # assert_eq!(format!("{policy:?}"), r#"all([issuer("blue"), namespace("demo")])"#);
    /// ```
    #[must_use]
    pub fn issuer(label: impl Into<Arc<str>>) -> Self {
        Self(Rule::Issuer(label.into()))
    }

    /// Allows callers whose token attests this API group, or `*` for all groups (Kubernetes 1.37, KEP-6060).
    ///
    /// An API server that calls an admission webhook has such a token. The webhook must also find the group of each
    /// review among the [attested groups](boundtoken::Claims::attested_api_groups).
    ///
    /// ```
    /// # use boundtoken_tower::Policy;
    /// let policy = Policy::api_group("apps");
    /// # assert_eq!(format!("{policy:?}"), r#"api_group("apps")"#);
    /// ```
    #[must_use]
    pub fn api_group(group: impl Into<Arc<str>>) -> Self {
        Self(Rule::ApiGroup(group.into()))
    }

    /// Allows callers whose bound objects are known to exist: [`Confirmed::Live`].
    ///
    /// It is meant for a verifier that accepts tokens without this knowledge too.
    ///
    /// ```
    /// # use boundtoken_tower::Policy;
    /// let policy = Policy::all([Policy::namespace("demo"), Policy::confirmed_live()]);
    /// # assert_eq!(format!("{policy:?}"), r#"all([namespace("demo"), confirmed_live])"#);
    /// ```
    #[must_use]
    pub fn confirmed_live() -> Self {
        Self(Rule::ConfirmedLive)
    }

    /// Allows callers that at least one of the policies allows. Without a policy it allows nobody.
    ///
    /// ```
    /// # use boundtoken_tower::Policy;
    /// let policy = Policy::any(["demo", "monitoring"].map(Policy::namespace));
    /// # assert_eq!(format!("{policy:?}"), r#"any([namespace("demo"), namespace("monitoring")])"#);
    /// ```
    #[must_use]
    pub fn any(policies: impl IntoIterator<Item = Self>) -> Self {
        Self(Rule::Any(policies.into_iter().collect()))
    }

    /// Allows callers that each of the policies allows. Without a policy it allows nobody: a list that is empty by
    /// mistake must not open the door.
    ///
    /// ```
    /// # use boundtoken_tower::Policy;
    /// let policy = Policy::all([Policy::namespace("demo"), Policy::node("node-1")]);
    /// # assert_eq!(format!("{policy:?}"), r#"all([namespace("demo"), node("node-1")])"#);
    /// ```
    #[must_use]
    pub fn all(policies: impl IntoIterator<Item = Self>) -> Self {
        let policies: Arc<[Self]> = policies.into_iter().collect();
        Self(if policies.is_empty() { Rule::Nobody } else { Rule::All(policies) })
    }

    /// Allows callers for which `predicate` returns true.
    ///
    /// It is called for every request. It should not wait, and should not panic.
    ///
    /// ```
    /// # use boundtoken_tower::Policy;
    /// let policy = Policy::when(|token| token.claims().secret().is_none());
    /// # assert_eq!(format!("{policy:?}"), "when(..)");
    /// ```
    #[must_use]
    pub fn when(predicate: impl Fn(&VerifiedToken) -> bool + Send + Sync + 'static) -> Self {
        Self(Rule::When(Arc::new(predicate)))
    }

    /// Reads a policy that is written as YAML or as JSON.
    ///
    /// A rule has exactly one member: `any`, `all` (a list of rules), `not` (a rule), `namespace`, `serviceAccount`,
    /// `audience`, `node`, `issuer`, `apiGroup`, `confirmed` (`live`), `everyone` or `nobody` (`true`). Each means
    /// what the function of that name does. `docs/schemas/policy.json` is the JSON Schema.
    ///
    /// ```
    /// use boundtoken_tower::Policy;
    ///
    /// let policy = Policy::from_yaml("
    /// any:
    /// - serviceAccount: {namespace: demo, name: app}
    /// - all:
    ///   - namespace: monitoring
    ///   - confirmed: live
    ///   - not: {node: node-1}
    /// ")?;
    /// assert_eq!(
    ///     format!("{policy:?}"),
    ///     r#"any([service_account("demo", "app"), all([namespace("monitoring"), confirmed_live, not(node("node-1"))])])"#
    /// );
    /// # Ok::<(), boundtoken_tower::PolicyError>(())
    /// ```
    ///
    /// # Errors
    /// The text is not a policy: it has an unknown member, an empty list, an empty text, or the same rule twice in a
    /// list. Or it has more than 32 levels of rules, or more than 1 MiB, with YAML aliases written out.
    pub fn from_yaml(yaml: impl AsRef<[u8]>) -> Result<Self, PolicyError> {
        read::policy(yaml.as_ref())
    }

    /// Whether this caller is allowed.
    #[must_use]
    pub fn allows(&self, token: &VerifiedToken) -> bool {
        let claims = token.claims();
        match &self.0 {
            Rule::Everyone => true,
            Rule::Nobody => false,
            Rule::Namespace(namespace) => claims.namespace() == &**namespace,
            Rule::ServiceAccount { namespace, name } => {
                claims.namespace() == &**namespace && claims.service_account().reference.name == &**name
            }
            Rule::Audience(audience) => token.matched_audiences().any(|matched| matched == &**audience),
            Rule::Node(name) => claims.node().is_some_and(|node| node.reference.name == &**name),
            Rule::Issuer(label) => token.issuer_label() == &**label,
            Rule::ApiGroup(group) => claims
                .attested_api_groups()
                .any(|attested| attested == &**group || attested == ALL_API_GROUPS),
            Rule::ConfirmedLive => token.confirmed() == Confirmed::Live,
            Rule::Any(policies) => policies.iter().any(|policy| policy.allows(token)),
            Rule::All(policies) => policies.iter().all(|policy| policy.allows(token)),
            Rule::Not(policy) => !policy.allows(token),
            Rule::When(predicate) => predicate(token),
        }
    }
}

impl Not for Policy {
    type Output = Self;

    /// Allows the callers that the policy does not allow.
    fn not(self) -> Self {
        Self(Rule::Not(Arc::new(self)))
    }
}

impl fmt::Debug for Policy {
    /// Shows the rules by the names of their constructors.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rule = |name: &str, value: &dyn fmt::Debug| formatter.debug_tuple(name).field(value).finish();
        match &self.0 {
            Rule::Everyone => formatter.write_str("everyone"),
            Rule::Nobody => formatter.write_str("nobody"),
            Rule::Namespace(namespace) => rule("namespace", namespace),
            Rule::ServiceAccount { namespace, name } => {
                formatter.debug_tuple("service_account").field(namespace).field(name).finish()
            }
            Rule::Audience(audience) => rule("audience", audience),
            Rule::Node(name) => rule("node", name),
            Rule::Issuer(label) => rule("issuer", label),
            Rule::ApiGroup(group) => rule("api_group", group),
            Rule::ConfirmedLive => formatter.write_str("confirmed_live"),
            Rule::Any(policies) => rule("any", policies),
            Rule::All(policies) => rule("all", policies),
            Rule::Not(policy) => rule("not", policy),
            Rule::When(_) => rule("when", &format_args!("..")),
        }
    }
}
