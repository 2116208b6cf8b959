//! The claims of a Kubernetes service-account token: RFC 7519 section 4.1 and the private claim `kubernetes.io`.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::bound_object::{BoundObject, ObjectKind, ObjectReference};
use crate::json::{self, Kind, Known, KnownName, Member, Object, Reader, Rules, Text};
use crate::rejection::{self, Detail, Reason, Rejection};
use crate::time::UnixSeconds;

/// The issuer of legacy, secret-based tokens.
const LEGACY_ISSUER: &str = "kubernetes/serviceaccount";
/// The longest name that Kubernetes gives an object (a DNS-1123 subdomain).
const MAX_NAME_LENGTH: usize = 253;

static RULES: Rules = Rules {
    not_utf8: Reason::ClaimsNotUtf8,
    malformed: Reason::ClaimsMalformed,
    too_deep: Reason::ClaimsTooDeep,
    duplicate_member: Reason::ClaimsDuplicateMember,
    number_too_long: Reason::ClaimsNumberTooLong,
    wrong_type: Reason::ClaimsWrongType,
    too_many_members: None,
};

/// The registered claims that are read (RFC 7519 section 4.1), and Kubernetes' own.
#[derive(Clone, Copy)]
enum Claim {
    Aud,
    Exp,
    Iat,
    Iss,
    Jti,
    Kubernetes,
    Nbf,
    Sub,
}

const CLAIMS: Known<Claim> = &[
    KnownName::new("aud", Claim::Aud),
    KnownName::new("exp", Claim::Exp),
    KnownName::new("iat", Claim::Iat),
    KnownName::new("iss", Claim::Iss),
    KnownName::new("jti", Claim::Jti),
    KnownName::new("kubernetes.io", Claim::Kubernetes),
    KnownName::new("nbf", Claim::Nbf),
    KnownName::new("sub", Claim::Sub),
];

/// The members of the claim `kubernetes.io`.
#[derive(Clone, Copy)]
enum KubernetesClaim {
    Namespace,
    Node,
    Pod,
    Secret,
    ServiceAccount,
    WarnAfter,
}

const KUBERNETES: Known<KubernetesClaim> = &[
    KnownName::new("namespace", KubernetesClaim::Namespace),
    KnownName::new("node", KubernetesClaim::Node),
    KnownName::new("pod", KubernetesClaim::Pod),
    KnownName::new("secret", KubernetesClaim::Secret),
    KnownName::new("serviceaccount", KubernetesClaim::ServiceAccount),
    KnownName::new("warnafter", KubernetesClaim::WarnAfter),
];

/// The members of a reference in it.
#[derive(Clone, Copy)]
enum ReferenceClaim {
    Name,
    Uid,
}

const REFERENCE: Known<ReferenceClaim> =
    &[KnownName::new("name", ReferenceClaim::Name), KnownName::new("uid", ReferenceClaim::Uid)];

/// Everything a verified token claims.
///
/// Texts borrow from the decoded token, which the claims own in one allocation.
///
/// ```
/// # use boundtoken::{KeySet, TrustedIssuer, UnixSeconds, Verifier};
/// # let jwks = include_bytes!("../tests/vectors/apiserver-rs256/jwks.json");
/// # let tokens: std::collections::BTreeMap<String, String> =
/// #     serde_json::from_slice(include_bytes!("../tests/vectors/apiserver-rs256/tokens.json"))?;
/// # let verifier = Verifier::builder()
/// #     .issuer(TrustedIssuer::new("https://kubernetes.default.svc.cluster.local", KeySet::from_jwks(jwks)?))
/// #     .audience("vault")
/// #     .build()?;
/// let verified = verifier.verify_at(tokens["pod-live"].as_bytes(), UnixSeconds(1_795_522_300))?;
/// let claims = verified.claims();
/// assert_eq!(claims.namespace(), "demo");
/// assert_eq!(claims.service_account().reference.name, "app");
/// assert_eq!(claims.pod().map(|pod| pod.reference.name), Some("live"));
/// assert_eq!(claims.audiences().collect::<Vec<_>>(), ["vault", "api"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Claims {
    /// The payload as it was signed, and behind it the resolved form of every text that has escapes.
    text: String,
    payload_length: usize,
    issuer: Span,
    subject: Span,
    jti: Span,
    /// The token's audiences in order, then those that the verifier accepts, in the verifier's order.
    audiences: Vec<Span>,
    audience_count: usize,
    expires_at: Option<UnixSeconds>,
    not_before: Option<UnixSeconds>,
    issued_at: Option<UnixSeconds>,
    kubernetes: Kubernetes,
}

/// The claim `kubernetes.io`.
#[derive(Clone, Copy, Default)]
struct Kubernetes {
    namespace: Span,
    service_account: Option<Reference>,
    secret: Option<Reference>,
    pod: Option<Reference>,
    node: Option<Reference>,
    warn_after: Option<UnixSeconds>,
}

/// A name and a uid; empty when absent.
#[derive(Clone, Copy, Default)]
struct Reference {
    name: Span,
    uid: Span,
}

/// A piece of [`Claims::text`].
#[derive(Clone, Copy, Default)]
struct Span {
    start: u32,
    end: u32,
}

impl Claims {
    /// The issuer (`iss`): one of the names of the trusted issuer whose key signed the token.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.get(self.issuer)
    }

    /// The subject (`sub`): `system:serviceaccount:NAMESPACE:NAME`.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.get(self.subject)
    }

    /// All audiences of the token (`aud`), in its order.
    pub fn audiences(&self) -> impl ExactSizeIterator<Item = &str> {
        let spans = self.audiences.get(..self.audience_count).unwrap_or_default();
        spans.iter().map(|&span| self.get(span))
    }

    /// The audiences of the verifier that the token names, in the verifier's order: `status.audiences` of a TokenReview.
    pub fn matched_audiences(&self) -> impl ExactSizeIterator<Item = &str> {
        let spans = self.audiences.get(self.audience_count..).unwrap_or_default();
        spans.iter().map(|&span| self.get(span))
    }

    /// When the token expires (`exp`). A verified token always does.
    #[must_use]
    pub fn expires_at(&self) -> UnixSeconds {
        self.expires_at.unwrap_or_default()
    }

    /// From when on the token is valid (`nbf`).
    #[must_use]
    pub fn not_before(&self) -> Option<UnixSeconds> {
        self.not_before
    }

    /// When the token was issued (`iat`).
    #[must_use]
    pub fn issued_at(&self) -> Option<UnixSeconds> {
        self.issued_at
    }

    /// The token's own identifier (`jti`), which audit logs name as credential id `JTI=…`.
    #[must_use]
    pub fn jti(&self) -> Option<&str> {
        Some(self.get(self.jti)).filter(|jti| !jti.is_empty())
    }

    /// The namespace of the service account, and of the pod or secret that the token is bound to.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.get(self.kubernetes.namespace)
    }

    /// The service account that the token speaks for.
    #[must_use]
    pub fn service_account(&self) -> BoundObject<'_> {
        self.bound_object(ObjectKind::ServiceAccount, self.kubernetes.service_account.unwrap_or_default())
    }

    /// The secret that the token is bound to.
    #[must_use]
    pub fn secret(&self) -> Option<BoundObject<'_>> {
        self.kubernetes.secret.map(|reference| self.bound_object(ObjectKind::Secret, reference))
    }

    /// The pod that the token is bound to.
    #[must_use]
    pub fn pod(&self) -> Option<BoundObject<'_>> {
        self.kubernetes.pod.map(|reference| self.bound_object(ObjectKind::Pod, reference))
    }

    /// The node that the token is bound to or, with a pod, the node that the pod was scheduled to.
    ///
    /// Beside a pod it is informational, never looked up, and its uid may be empty.
    #[must_use]
    pub fn node(&self) -> Option<BoundObject<'_>> {
        self.kubernetes.node.map(|reference| self.bound_object(ObjectKind::Node, reference))
    }

    /// After this time the API server counts the token as stale (`warnafter`): its lifetime was extended for clients
    /// that do not read their token again. No effect on the verdict.
    #[must_use]
    pub fn warn_after(&self) -> Option<UnixSeconds> {
        self.kubernetes.warn_after.filter(|&time| time != UnixSeconds(0))
    }

    /// The objects whose existence decides over the token, in the API server's order: service account, secret, pod,
    /// and the node when there is no pod.
    pub fn bound_objects(&self) -> impl Iterator<Item = BoundObject<'_>> {
        ObjectKind::ALL.iter().filter_map(|&kind| match kind {
            ObjectKind::ServiceAccount => Some(self.service_account()),
            ObjectKind::Secret => self.secret(),
            ObjectKind::Pod => self.pod(),
            ObjectKind::Node if self.kubernetes.pod.is_none() => self.node(),
            ObjectKind::Node => None,
        })
    }

    /// The claims as they were signed: one JSON object, with members that have no accessor here.
    #[must_use]
    pub fn payload(&self) -> &str {
        self.text.get(..self.payload_length).unwrap_or_default()
    }

    fn bound_object(&self, kind: ObjectKind, reference: Reference) -> BoundObject<'_> {
        let namespace = if kind == ObjectKind::Node { "" } else { self.namespace() };
        let reference_to = ObjectReference { kind, namespace, name: self.get(reference.name) };
        BoundObject { reference: reference_to, uid: self.get(reference.uid) }
    }

    fn get(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }
}

impl fmt::Debug for Claims {
    /// The signed JSON. It is the token's content, not the token: nobody can authenticate with it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Claims").field(&self.payload()).finish()
    }
}

/// Reading.
impl Claims {
    /// Reads the payload of a token whose signature holds, and finds which of the `accepted` audiences it names.
    pub(crate) fn parse(payload: Vec<u8>, accepted: &[Box<str>]) -> Result<Arc<Self>, Rejection> {
        let text = String::from_utf8(payload).map_err(|error| json::not_utf8(error.utf8_error(), &RULES))?;
        let mut draft = Draft::new(text.len());
        Reader::read(&text, &RULES, |reader| draft.read(reader))?;
        draft.claims.text = text;
        draft.claims.text.push_str(&draft.texts.resolved);
        draft.claims.match_audiences(accepted);
        Ok(Arc::new(draft.claims))
    }

    fn match_audiences(&mut self, accepted: &[Box<str>]) {
        self.audience_count = self.audiences.len();
        for audience in accepted {
            let spans = self.audiences.get(..self.audience_count).unwrap_or_default();
            if let Some(&matched) = spans.iter().find(|&&span| self.get(span) == &**audience) {
                self.audiences.push(matched);
            }
        }
    }
}

/// Claims while they are read.
struct Draft {
    claims: Claims,
    texts: Texts,
}

/// The texts of claims while they are read.
struct Texts {
    payload_length: usize,
    /// Resolved texts, to stand behind the payload.
    resolved: String,
}

impl Draft {
    fn new(payload_length: usize) -> Self {
        let claims = Claims {
            text: String::new(),
            payload_length,
            issuer: Span::default(),
            subject: Span::default(),
            jti: Span::default(),
            audiences: Vec::new(),
            audience_count: 0,
            expires_at: None,
            not_before: None,
            issued_at: None,
            kubernetes: Kubernetes::default(),
        };
        Self { claims, texts: Texts { payload_length, resolved: String::new() } }
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), Reason> {
        let mut claims = Object::default();
        while let Some(member) = reader.member(&mut claims, CLAIMS)? {
            match member {
                Member::Known(Claim::Aud) => self.audiences(reader)?,
                Member::Known(Claim::Exp) => date(reader, "exp", &mut self.claims.expires_at)?,
                Member::Known(Claim::Iat) => date(reader, "iat", &mut self.claims.issued_at)?,
                Member::Known(Claim::Iss) => self.texts.string(reader, "iss", &mut self.claims.issuer)?,
                Member::Known(Claim::Jti) => self.texts.string(reader, "jti", &mut self.claims.jti)?,
                Member::Known(Claim::Kubernetes) => self.kubernetes(reader)?,
                Member::Known(Claim::Nbf) => date(reader, "nbf", &mut self.claims.not_before)?,
                Member::Known(Claim::Sub) => self.texts.string(reader, "sub", &mut self.claims.subject)?,
                Member::Unknown(name) => match registered_name_in_another_case(&name) {
                    Some(registered) => return Err(reader.refuse(Reason::ClaimsNameCase, registered)),
                    None => reader.skip()?,
                },
            }
        }
        Ok(())
    }

    /// One string or an array of strings (RFC 7519 section 4.1.3).
    fn audiences(&mut self, reader: &mut Reader<'_>) -> Result<(), Reason> {
        match reader.kind()? {
            Kind::Null => reader.skip(),
            Kind::Array => {
                let mut begun = false;
                while reader.element(&mut begun)? {
                    self.audience(reader)?;
                }
                Ok(())
            }
            _ => self.audience(reader),
        }
    }

    fn audience(&mut self, reader: &mut Reader<'_>) -> Result<(), Reason> {
        if reader.kind()? != Kind::String {
            return Err(reader.wrong_type("aud"));
        }
        let mut audience = Span::default();
        self.texts.string(reader, "aud", &mut audience)?;
        self.claims.audiences.push(audience);
        Ok(())
    }

    fn kubernetes(&mut self, reader: &mut Reader<'_>) -> Result<(), Reason> {
        if !has_object(reader, "kubernetes.io")? {
            return Ok(());
        }
        let Self { claims: Claims { kubernetes: claim, .. }, texts } = self;
        let mut object = Object::default();
        while let Some(member) = reader.member(&mut object, KUBERNETES)? {
            match member {
                Member::Known(KubernetesClaim::Namespace) => {
                    texts.string(reader, "namespace", &mut claim.namespace)?;
                }
                Member::Known(KubernetesClaim::Node) => texts.reference(reader, "node", &mut claim.node)?,
                Member::Known(KubernetesClaim::Pod) => texts.reference(reader, "pod", &mut claim.pod)?,
                Member::Known(KubernetesClaim::Secret) => {
                    texts.reference(reader, "secret", &mut claim.secret)?
                }
                Member::Known(KubernetesClaim::ServiceAccount) => {
                    texts.reference(reader, "serviceaccount", &mut claim.service_account)?;
                }
                Member::Known(KubernetesClaim::WarnAfter) => {
                    date(reader, "warnafter", &mut claim.warn_after)?
                }
                Member::Unknown(_) => reader.skip()?,
            }
        }
        Ok(())
    }
}

impl Texts {
    /// Reads a reference into its place.
    fn reference(
        &mut self,
        reader: &mut Reader<'_>,
        claim: &'static str,
        place: &mut Option<Reference>,
    ) -> Result<(), Reason> {
        if !has_object(reader, claim)? {
            return Ok(());
        }
        let reference = place.insert(Reference::default());
        let mut object = Object::default();
        while let Some(member) = reader.member(&mut object, REFERENCE)? {
            match member {
                Member::Known(ReferenceClaim::Name) => self.string(reader, claim, &mut reference.name)?,
                Member::Known(ReferenceClaim::Uid) => self.string(reader, claim, &mut reference.uid)?,
                Member::Unknown(_) => reader.skip()?,
            }
        }
        Ok(())
    }

    /// Reads a string into its place.
    #[inline(never)]
    fn string(
        &mut self,
        reader: &mut Reader<'_>,
        claim: &'static str,
        place: &mut Span,
    ) -> Result<(), Reason> {
        if let Some(text) = reader.optional_string(claim)? {
            *place = self.span(text);
        }
        Ok(())
    }

    fn span(&mut self, text: Text<'_>) -> Span {
        match text.verbatim() {
            Some(range) => Span::new(range),
            None => {
                let start = self.payload_length + self.resolved.len();
                self.resolved.extend(text.chars());
                Span::new(start..self.payload_length + self.resolved.len())
            }
        }
    }
}

/// Whether an object stands next. It may be null instead, which is read, and which Kubernetes takes for absence.
fn has_object(reader: &mut Reader<'_>, claim: &'static str) -> Result<bool, Reason> {
    match reader.kind()? {
        Kind::Object => Ok(true),
        _ => reader.null(claim).map(|()| false),
    }
}

/// Reads a NumericDate (RFC 7519 section 2) into its place: a number of seconds, of which a fraction is dropped.
fn date(reader: &mut Reader<'_>, claim: &'static str, place: &mut Option<UnixSeconds>) -> Result<(), Reason> {
    let seconds = match reader.small_integer() {
        Some(seconds) => Some(seconds),
        None => match reader.kind()? {
            Kind::Number => reader.number()?.parse::<f64>().ok().and_then(whole_seconds),
            _ => return reader.null(claim),
        },
    };
    match seconds.map(UnixSeconds) {
        Some(seconds) if seconds <= UnixSeconds::MAX => {
            *place = Some(seconds);
            Ok(())
        }
        _ => Err(reader.refuse(Reason::ClaimsDateOutOfRange, claim)),
    }
}

fn whole_seconds(seconds: f64) -> Option<u64> {
    /// One more than [`UnixSeconds::MAX`], exactly.
    const LIMIT: f64 = 253_402_300_800.0;
    if seconds.is_sign_negative() || !(0.0..LIMIT).contains(&seconds) {
        return None;
    }
    // There is no other conversion; the value is known to be in range.
    #[allow(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = seconds as u64;
    Some(whole)
}

/// The registered claim that `name` spells in other letters, as Go's decoder would still read it.
fn registered_name_in_another_case(name: &Text<'_>) -> Option<&'static str> {
    let folded = || {
        name.chars().map(|character| match character {
            '\u{17f}' => 's',  // long s
            '\u{212a}' => 'k', // Kelvin sign
            other => other.to_ascii_lowercase(),
        })
    };
    CLAIMS.iter().map(KnownName::name).find(|registered| folded().eq(registered.chars()))
}

impl Span {
    fn new(range: Range<usize>) -> Self {
        // Beyond 4 GiB, which no verifier lets through, a span ends nowhere and reads as empty.
        let offset = |position| u32::try_from(position).unwrap_or(u32::MAX);
        Self { start: offset(range.start), end: offset(range.end) }
    }

    fn is_empty(self) -> bool {
        self.start == self.end
    }

    fn range(self) -> Range<usize> {
        let offset = |position| usize::try_from(position).unwrap_or(usize::MAX);
        offset(self.start)..offset(self.end)
    }
}

/// The rules, each named after what it demands.
impl Claims {
    pub(crate) fn not_legacy(&self) -> Result<(), Rejection> {
        if self.issuer() == LEGACY_ISSUER { Err(Reason::LegacyToken.into()) } else { Ok(()) }
    }

    pub(crate) fn issuer_mismatch(&self) -> Rejection {
        let detail = match self.issuer() {
            "" => Detail::Member("no iss"),
            issuer => rejection::quoted([issuer]),
        };
        Rejection::new(Reason::IssuerMismatch, detail)
    }

    pub(crate) fn named_for_us(&self) -> Result<(), Rejection> {
        if self.audience_count == 0 {
            return Err(Reason::AudienceMissing.into());
        }
        if self.audiences.len() == self.audience_count {
            return Err(Rejection::new(Reason::AudienceMismatch, rejection::quoted(self.audiences())));
        }
        Ok(())
    }

    /// Holds the times against `now`, in the API server's order. `leeway` in seconds, for clocks that differ.
    pub(crate) fn within(&self, now: UnixSeconds, leeway: u64) -> Result<(), Rejection> {
        let refuse = |reason, claim| Err(Rejection::new(reason, Detail::Time { claim, now, leeway }));
        let latest_start = UnixSeconds(now.0.saturating_add(leeway));
        if let Some(not_before) = self.not_before.filter(|&time| time > latest_start) {
            return refuse(Reason::NotYetValid, not_before);
        }
        let expires_at = self.expires_at.ok_or(Reason::ExpiryMissing)?;
        // A token that expires within the first minute of 1970 must not be saved by the subtraction.
        if expires_at.0.saturating_add(leeway) <= now.0 {
            return refuse(Reason::Expired, expires_at);
        }
        if let Some(issued_at) = self.issued_at.filter(|&time| time > latest_start) {
            return refuse(Reason::IssuedInFuture, issued_at);
        }
        Ok(())
    }

    /// Holds the claim `kubernetes.io` and the subject to what Kubernetes writes: names that objects can have, a uid
    /// for each object that is judged, and the same service account in both places.
    pub(crate) fn name_a_service_account(&self) -> Result<(), Rejection> {
        if self.namespace().is_empty() || self.kubernetes.service_account.is_none() {
            return Err(Reason::KubernetesClaimMissing.into());
        }
        let BoundObject { reference: account, uid } = self.service_account();
        let invalid =
            |kind: ObjectKind| Err(Rejection::new(Reason::ReferenceInvalid, Detail::Member(kind.name())));
        if !is_object_name(account.namespace) || !is_object_name(account.name) {
            return invalid(ObjectKind::ServiceAccount);
        }
        let subject = self
            .subject()
            .strip_prefix("system:serviceaccount:")
            .and_then(|rest| rest.strip_prefix(account.namespace)?.strip_prefix(':'));
        if subject != Some(account.name) {
            return Err(Reason::SubjectMismatch.into());
        }
        if uid.is_empty() {
            return invalid(ObjectKind::ServiceAccount);
        }
        let Kubernetes { secret, pod, node, .. } = &self.kubernetes;
        let has_name = |reference: &Reference| is_object_name(self.get(reference.name));
        let is_valid = |reference: &Reference| has_name(reference) && !reference.uid.is_empty();
        if !secret.as_ref().is_none_or(is_valid) {
            return invalid(ObjectKind::Secret);
        }
        if !pod.as_ref().is_none_or(is_valid) {
            return invalid(ObjectKind::Pod);
        }
        // Beside a pod, a node need not have a uid: it may not have been registered when the token was issued.
        if !node.as_ref().is_none_or(|node| if pod.is_some() { has_name(node) } else { is_valid(node) }) {
            return invalid(ObjectKind::Node);
        }
        Ok(())
    }
}

/// Whether Kubernetes can give an object this name: a DNS-1123 subdomain. So no name carries `/`, `:` or `%` into the
/// user name or into an address that a call-back builds from it.
fn is_object_name(name: &str) -> bool {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    bytes.len() <= MAX_NAME_LENGTH
        && bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && bytes.iter().all(|byte| alphanumeric(byte) || matches!(byte, b'-' | b'.'))
}
