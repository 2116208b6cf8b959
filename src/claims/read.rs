//! Reading the claims of a token whose signature holds.

use std::borrow::Cow;

use super::position::{ABSENT, Position, position};
use super::several::Growing;
use super::signed::{Kubernetes, Reference, SignedClaims, Texts, Times, Uncommon};
use crate::json::{self, Kind, Known, KnownName, Member, Object, Reader, Rules, Text};
use crate::rejection::{PartName, Reason, Rejection};
use crate::time::UnixSeconds;

static RULES: Rules = Rules {
    part: PartName::Claims,
    not_utf8: Reason::ClaimsNotUtf8,
    malformed: Reason::ClaimsMalformed,
    too_deep: Reason::ClaimsTooDeep,
    duplicate_member: Reason::ClaimsDuplicateMember,
    number_out_of_range: Reason::ClaimsNumberOutOfRange,
    wrong_type: Reason::ClaimsWrongType,
    too_many_members: None,
};

/// The claims that are read: registered ones (RFC 7519 section 4.1) and that of Kubernetes.
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
    Attestations,
    MutatingWebhookConfiguration,
    Namespace,
    Node,
    Pod,
    Secret,
    ServiceAccount,
    ValidatingWebhookConfiguration,
    WarnAfter,
}

const KUBERNETES: Known<KubernetesClaim> = &[
    KnownName::new("attestations", KubernetesClaim::Attestations),
    KnownName::new("mutatingwebhookconfiguration", KubernetesClaim::MutatingWebhookConfiguration),
    KnownName::new("namespace", KubernetesClaim::Namespace),
    KnownName::new("node", KubernetesClaim::Node),
    KnownName::new("pod", KubernetesClaim::Pod),
    KnownName::new("secret", KubernetesClaim::Secret),
    KnownName::new("serviceaccount", KubernetesClaim::ServiceAccount),
    KnownName::new("validatingwebhookconfiguration", KubernetesClaim::ValidatingWebhookConfiguration),
    KnownName::new("warnafter", KubernetesClaim::WarnAfter),
];

/// The members of a reference in the claim `kubernetes.io`.
#[derive(Clone, Copy)]
enum ReferenceClaim {
    Name,
    Uid,
}

const REFERENCE: Known<ReferenceClaim> =
    &[KnownName::new("name", ReferenceClaim::Name), KnownName::new("uid", ReferenceClaim::Uid)];

/// What stands before the name and before the uid of a reference.
const AS_KUBERNETES_WRITES_IT: [&str; 2] = ["{\"name\":", ",\"uid\":"];

/// The member of the claim `kubernetes.io` that holds the attestations.
const ATTESTATIONS: &str = "attestations";

impl<'a> SignedClaims<'a> {
    /// Reads the payload of a token whose signature holds under a key of the issuer with this label, and passes the claims to
    /// `use_claims`.
    // They are not returned: to move them costs more than to read a few of them.
    pub(crate) fn with<T>(
        payload: &'a [u8],
        issuer_label: &'a str,
        use_claims: impl FnOnce(&Self) -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        let payload = json::utf8(payload, &RULES)?;
        let mut claims = Self {
            texts: Texts(Cow::Borrowed(payload)),
            payload: position(0..payload.len()).unwrap_or(ABSENT),
            expires_at: None,
            times: Times::default(),
            issuer: ABSENT,
            issuer_label,
            subject: ABSENT,
            jti: ABSENT,
            audiences: Growing::default(),
            kubernetes: Kubernetes::default(),
        };
        Reader::read(payload, &RULES, |reader| claims.read(reader))?;
        use_claims(&claims)
    }

    // On its own, like the other parts of a first verification that are marked so: Go's compiler does not inline into large functions,
    // and the library is translated to Go, too.
    #[inline(never)]
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), Reason> {
        let mut claims = Object::default();
        while let Some(member) = reader.member(&mut claims, CLAIMS)? {
            match member {
                Member::Known(Claim::Aud) => self.audiences(reader)?,
                Member::Known(Claim::Exp) => date(reader, "exp", &mut self.expires_at)?,
                Member::Known(Claim::Iat) => date(reader, "iat", &mut self.times.issued_at)?,
                Member::Known(Claim::Iss) => self.texts.string(reader, "iss", &mut self.issuer)?,
                Member::Known(Claim::Jti) => self.texts.string(reader, "jti", &mut self.jti)?,
                Member::Known(Claim::Kubernetes) => self.kubernetes(reader)?,
                Member::Known(Claim::Nbf) => date(reader, "nbf", &mut self.times.not_before)?,
                Member::Known(Claim::Sub) => self.texts.string(reader, "sub", &mut self.subject)?,
                Member::Unknown(name) => match registered_name_in_another_case(&name) {
                    Some(registered) => return Err(reader.refuse(Reason::ClaimsNameCase, registered)),
                    None => reader.skip()?,
                },
            }
        }
        Ok(())
    }

    /// Reads one string or an array of strings (RFC 7519 section 4.1.3).
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
        let mut audience = ABSENT;
        self.texts.string(reader, "aud", &mut audience)?;
        self.audiences.push(audience);
        Ok(())
    }

    #[inline(never)]
    fn kubernetes(&mut self, reader: &mut Reader<'_>) -> Result<(), Reason> {
        if !has_object(reader, "kubernetes.io")? {
            return Ok(());
        }
        let Self { kubernetes: claim, times, texts, .. } = self;
        let mut object = Object::default();
        while let Some(member) = reader.member(&mut object, KUBERNETES)? {
            match member {
                Member::Known(KubernetesClaim::Attestations) => {
                    texts.attestations(reader, claim)?;
                }
                Member::Known(KubernetesClaim::MutatingWebhookConfiguration) => {
                    let place = &mut uncommon(claim).mutating_webhook_configuration;
                    texts.reference(reader, "mutatingwebhookconfiguration", place)?;
                }
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
                Member::Known(KubernetesClaim::ValidatingWebhookConfiguration) => {
                    let place = &mut uncommon(claim).validating_webhook_configuration;
                    texts.reference(reader, "validatingwebhookconfiguration", place)?;
                }
                Member::Known(KubernetesClaim::WarnAfter) => {
                    date(reader, "warnafter", &mut times.warn_after)?
                }
                Member::Unknown(name) => {
                    if skip_and_tell_reference(reader)? && uncommon(claim).unknown_binding.is_none() {
                        uncommon(claim).unknown_binding = Some(texts.position(name)?);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Returns the place for what few tokens have.
fn uncommon(claim: &mut Kubernetes) -> &mut Uncommon {
    claim.uncommon.get_or_insert_default()
}

impl Texts<'_> {
    /// Reads a reference into `place`.
    #[inline(never)]
    fn reference(
        &mut self,
        reader: &mut Reader<'_>,
        claim: &'static str,
        place: &mut Option<Reference>,
    ) -> Result<(), Reason> {
        if let Some(strings) = reader.verbatim_strings(AS_KUBERNETES_WRITES_IT, "}") {
            let [name, uid] = strings.map(|string| position(string).ok_or(RULES.malformed));
            *place = Some(Reference { name: name?, uid: uid? });
            return Ok(());
        }
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

    /// Reads a map of names to arrays of strings. Like Go, takes a null among the strings as the empty text.
    fn attestations(&mut self, reader: &mut Reader<'_>, claim: &mut Kubernetes) -> Result<(), Reason> {
        /// No name is special.
        #[derive(Clone, Copy)]
        enum NoneKnown {}
        if !has_object(reader, ATTESTATIONS)? {
            return Ok(());
        }
        let attestations = &mut uncommon(claim).attestations;
        let mut object = Object::default();
        while let Some(member) = reader.member::<NoneKnown>(&mut object, &[])? {
            let Member::Unknown(name) = member;
            attestations.begin(self.position(name)?);
            if reader.kind()? != Kind::Array {
                reader.null(ATTESTATIONS)?;
                continue;
            }
            let mut begun = false;
            while reader.element(&mut begun)? {
                let mut value = ABSENT;
                self.string(reader, ATTESTATIONS, &mut value)?;
                attestations.push(value);
            }
        }
        Ok(())
    }

    /// Reads a string into `place`.
    #[inline(never)]
    fn string(
        &mut self,
        reader: &mut Reader<'_>,
        claim: &'static str,
        place: &mut Position,
    ) -> Result<(), Reason> {
        if let Some(range) = reader.verbatim_string() {
            *place = position(range).ok_or(RULES.malformed)?;
        } else if let Some(text) = reader.optional_string(claim)? {
            *place = self.position(text)?;
        }
        Ok(())
    }

    /// Returns where the text stands. Resolves escapes.
    fn position(&mut self, text: Text<'_>) -> Result<Position, Reason> {
        let range = match text.verbatim() {
            Some(range) => Some(range).filter(|range| range.end <= self.0.len()),
            None => {
                let start = self.0.len();
                self.0.to_mut().extend(text.chars());
                Some(start..self.0.len())
            }
        };
        range.and_then(position).ok_or(RULES.malformed)
    }
}

/// Skips an unknown member. Returns whether it looks like a reference: an object with a `name` or a `uid` that is a
/// string.
#[cold]
fn skip_and_tell_reference(reader: &mut Reader<'_>) -> Result<bool, Reason> {
    if reader.kind()? != Kind::Object {
        return reader.skip().map(|()| false);
    }
    let mut is_reference = false;
    let mut object = Object::default();
    while let Some(member) = reader.member(&mut object, REFERENCE)? {
        is_reference |= matches!(member, Member::Known(_)) && reader.kind()? == Kind::String;
        reader.skip()?;
    }
    Ok(is_reference)
}

/// Returns whether the next value is an object. Reads a null, which Kubernetes takes as absence.
fn has_object(reader: &mut Reader<'_>, claim: &'static str) -> Result<bool, Reason> {
    match reader.kind()? {
        Kind::Object => Ok(true),
        _ => reader.null(claim).map(|()| false),
    }
}

/// Reads a NumericDate (RFC 7519 section 2) into `place`: a number of seconds. Drops a fraction.
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
    /// Exactly one more than [`UnixSeconds::MAX`].
    const LIMIT: f64 = 253_402_300_800.0;
    if seconds.is_sign_negative() || !(0.0..LIMIT).contains(&seconds) {
        return None;
    }
    // The standard library has no other conversion. The value is in range.
    #[allow(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = seconds as u64;
    Some(whole)
}

/// Returns the registered claim that `name` spells in another case. Go's decoder would read it as that claim.
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
