//! The contents of a verified token.

use std::ptr;
use std::sync::OnceLock;

use boundtoken::{BoundObject, UnixSeconds, VerifiedToken};

use crate::boundary;
use crate::error::boundtoken_error;
use crate::pointer::{StructOut, Versioned, borrow};
use crate::status::{Mistake, boundtoken_status};
use crate::string::boundtoken_str;

/// An accepted token. Immutable.
pub struct boundtoken_verified {
    token: VerifiedToken,
    /// Created on demand, so that `boundtoken_verify` alone does not pay for it in time or memory.
    view: OnceLock<Box<View>>,
    json: OnceLock<Option<String>>,
}

/// Whether the objects that a token is bound to were confirmed to exist.
#[repr(u32)]
#[derive(Clone, Copy)]
pub enum boundtoken_confirmed {
    /// No token was accepted.
    BOUNDTOKEN_CONFIRMED_NONE = 0,
    /// Every object exists, has the right uid, and is not past its deletion.
    BOUNDTOKEN_CONFIRMED_LIVE = 1,
    /// The issuer has no source of bound objects. A token of a deleted pod is accepted until it expires.
    BOUNDTOKEN_CONFIRMED_NOT_CHECKED = 2,
    /// The source could not answer for some object, and the verifier was told to accept such tokens.
    BOUNDTOKEN_CONFIRMED_UNAVAILABLE = 3,
    /// Every object existed when the source last heard from the cluster, but that was too long ago. The verifier was
    /// told to accept such tokens.
    BOUNDTOKEN_CONFIRMED_STALE = 4,
}

/// A [`boundtoken_confirmed`] as it is in memory, where later versions can write other numbers.
pub type ConfirmedNumber = u32;

/// A key with one value. A key with several values occurs several times.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_extra {
    /// For example `authentication.kubernetes.io/pod-name`.
    pub key: boundtoken_str,
    /// For example `live`.
    pub value: boundtoken_str,
}

/// Everything that a verified token says. Initialise it with its size: `boundtoken_claims claims = {sizeof claims};`
///
/// An absent text has `data` NULL and `len` 0. An absent time is -1. An absent array has length 0. Later versions
/// append members. A program that was compiled with an older header gets the members that it knows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct boundtoken_claims {
    /// The caller sets it to the size of the struct. Afterwards it is the number of bytes that were filled in.
    pub size: usize,
    /// Whether the objects that the token is bound to were confirmed to exist.
    pub confirmed: ConfirmedNumber,
    /// `iss`: one of the issuer's names that the verifier was built with.
    pub issuer: boundtoken_str,
    /// `sub`: `system:serviceaccount:NAMESPACE:NAME`.
    pub subject: boundtoken_str,
    /// The user name, as in TokenReview's `status.user.username`: `system:serviceaccount:NAMESPACE:NAME`.
    pub username: boundtoken_str,
    /// The namespace of the service account, and of the pod or secret that the token is bound to.
    pub service_account_namespace: boundtoken_str,
    /// The name of the service account.
    pub service_account_name: boundtoken_str,
    /// The uid of the service account, as in TokenReview's `status.user.uid`.
    pub service_account_uid: boundtoken_str,
    /// The groups, as in TokenReview's `status.user.groups`.
    pub groups: *const boundtoken_str,
    /// The number of groups.
    pub groups_len: usize,
    /// Further attributes of the user, as in TokenReview's `status.user.extra`, ordered by key.
    pub extra: *const boundtoken_extra,
    /// The number of pairs of key and value.
    pub extra_len: usize,
    /// `aud`: all audiences of the token, in its order.
    pub audiences: *const boundtoken_str,
    /// The number of audiences.
    pub audiences_len: usize,
    /// The verifier's audiences that the token names, in the verifier's order, as in TokenReview's
    /// `status.audiences`.
    pub matched_audiences: *const boundtoken_str,
    /// The number of matched audiences.
    pub matched_audiences_len: usize,
    /// `exp`: when the token expires, in Unix seconds. Never absent.
    pub expires_at: i64,
    /// `nbf`: when the token becomes valid, in Unix seconds.
    pub not_before: i64,
    /// `iat`: when the token was issued, in Unix seconds.
    pub issued_at: i64,
    /// When the API server begins to count the token as stale, in Unix seconds. It does not affect the verdict.
    pub warn_after: i64,
    /// `jti`: the token's own identifier.
    pub jti: boundtoken_str,
    /// The name of the pod that the token is bound to.
    pub pod_name: boundtoken_str,
    /// The uid of the pod.
    pub pod_uid: boundtoken_str,
    /// The name of the secret that the token is bound to.
    pub secret_name: boundtoken_str,
    /// The uid of the secret.
    pub secret_uid: boundtoken_str,
    /// The name of the node that the token is bound to. For a token bound to a pod, the node that the pod runs on.
    pub node_name: boundtoken_str,
    /// The uid of the node. For a token bound to a pod it may be empty.
    pub node_uid: boundtoken_str,
    /// The claims as they were signed: one JSON object.
    pub payload: boundtoken_str,
    /// The name of the validating webhook configuration that the token is bound to (Kubernetes 1.37, KEP-6060).
    pub validating_webhook_configuration_name: boundtoken_str,
    /// The uid of the validating webhook configuration.
    pub validating_webhook_configuration_uid: boundtoken_str,
    /// The name of the mutating webhook configuration that the token is bound to (Kubernetes 1.37, KEP-6060).
    pub mutating_webhook_configuration_name: boundtoken_str,
    /// The uid of the mutating webhook configuration.
    pub mutating_webhook_configuration_uid: boundtoken_str,
    /// The API groups for which the caller may send admission reviews (the attestation `admissionReviewAPIGroups`).
    /// `*` stands for all groups. A webhook must find the API group of a review here before it believes the review.
    pub attested_api_groups: *const boundtoken_str,
    /// The number of API groups.
    pub attested_api_groups_len: usize,
    /// The verifier's label for the issuer of the token. It says which cluster the token belongs to.
    pub issuer_label: boundtoken_str,
}

// SAFETY: its first member is its size, and it consists of numbers and pointers.
unsafe impl Versioned for boundtoken_claims {}

/// The size of [`boundtoken_claims`] in the first version of the header, which ended with `payload`. No caller has a
/// smaller struct. Later versions append members and do not change this number.
const SMALLEST_CLAIMS: usize = if cfg!(target_pointer_width = "64") { 336 } else { 184 };

/// Fills in a struct with everything that a verified token says.
///
/// `claims`: its member `size` must be set. At most `size` bytes are written, and none on failure.
///
/// The texts and arrays in the struct live as long as `verified`. Every call returns the same texts. Any thread.
///
/// BOUNDTOKEN_STRUCT_TOO_SMALL: `size` is not set, or is smaller than in any version of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verified_claims(
    verified: *const boundtoken_verified,
    claims: *mut boundtoken_claims,
) -> boundtoken_status {
    let body = || {
        // SAFETY: the caller promises NULL or a live token.
        let verified = unsafe { borrow(verified, "verified") }?;
        // SAFETY: the caller promises NULL or a struct of the size in its first member.
        let place = unsafe { StructOut::new(claims, SMALLEST_CLAIMS, "claims") }?;
        place.set(verified.view.get_or_init(|| Box::new(View::of(&verified.token))).claims);
        Ok(())
    };
    // SAFETY: there is no error to write.
    unsafe { boundary::fallible(ptr::null_mut(), body) }
}

/// Returns the verified token as JSON: an object with the members `user` (as in a TokenReview), `issuerLabel`,
/// `audiences`, `confirmed`, `boundObjects` and `claims`.
///
/// `json`: receives a text that lives as long as `verified`. Absent on failure.
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verified_json(
    verified: *const boundtoken_verified,
    json: *mut boundtoken_str,
    error: *mut *mut boundtoken_error,
) -> boundtoken_status {
    let body = || {
        if json.is_null() {
            return Err(Mistake::NullArgument.of("json"));
        }
        // SAFETY: not NULL, and the caller promises a place to write to.
        unsafe { json.write(boundtoken_str::ABSENT) };
        // SAFETY: the caller promises NULL or a live token.
        let verified = unsafe { borrow(verified, "verified") }?;
        let text = verified.json.get_or_init(|| serde_json::to_string(&verified.token).ok());
        let text = text.as_deref().ok_or(Mistake::Panic)?;
        // SAFETY: not NULL, and the caller promises a place to write to.
        unsafe { json.write(boundtoken_str::lend(text)) };
        Ok(())
    };
    // SAFETY: the caller promises NULL or a place to write to.
    unsafe { boundary::fallible(error, body) }
}

/// Retains a verified token and returns it, like boundtoken_verifier_retain. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verified_retain(
    verified: *const boundtoken_verified,
) -> *mut boundtoken_verified {
    // SAFETY: the caller promises NULL or a live token.
    unsafe { boundary::retain(verified) }
}

/// Frees a verified token and every text and array that it has lent. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn boundtoken_verified_free(verified: *mut boundtoken_verified) {
    // SAFETY: the caller promises NULL or a live token, and gives it up.
    unsafe { boundary::release(verified) };
}

impl From<VerifiedToken> for boundtoken_verified {
    fn from(token: VerifiedToken) -> Self {
        Self { token, view: OnceLock::new(), json: OnceLock::new() }
    }
}

/// The claims as C sees them.
///
/// The pointers lead to the token in the same handle and to the other members of this view. All of that is on the
/// heap and never changes, so the view may be moved.
struct View {
    claims: boundtoken_claims,
    /// Groups, audiences, matched audiences, pairs of `extra`, and attested API groups, one after the other.
    _texts: Box<[boundtoken_str]>,
}

// A pair of `extra` has the layout of two texts, so all arrays fit into one allocation.
const _: () = assert!(
    size_of::<boundtoken_extra>() == 2 * size_of::<boundtoken_str>()
        && align_of::<boundtoken_extra>() == align_of::<boundtoken_str>()
);

// SAFETY: the pointers in it lead to what the same handle owns and nobody changes.
unsafe impl Send for View {}
// SAFETY: the pointers in it lead to what the same handle owns and nobody changes.
unsafe impl Sync for View {}

impl View {
    fn of(token: &VerifiedToken) -> Self {
        let claims = token.claims();
        let account = claims.service_account();
        let groups = claims.groups();
        let (audiences, matched_audiences) = (claims.audiences(), token.matched_audiences());
        // Nearly every token has at most these: the credential id, and name and uid of pod and node.
        const MOST_EXTRA: usize = 5;
        let usual = groups.len() + audiences.len() + matched_audiences.len() + 2 * MOST_EXTRA;
        let mut texts = Vec::with_capacity(usual);
        let mut append = |more: &mut dyn Iterator<Item = &str>| {
            let first = texts.len();
            texts.extend(more.map(boundtoken_str::lend));
            (first, texts.len() - first)
        };
        let (groups, groups_len) = append(&mut { groups });
        let (audiences, audiences_len) = append(&mut { audiences });
        let (matched_audiences, matched_audiences_len) = append(&mut { matched_audiences });
        let (extra, extra_texts) = append(&mut claims.extra().flat_map(|(key, value)| [key, value]));
        let (attested, attested_len) = append(&mut claims.attested_api_groups());
        let texts = texts.into_boxed_slice();
        // Each `first` is at most the length, so the pointer stays within the allocation.
        let from = |first| texts.as_ptr().wrapping_add(first);
        let claims = boundtoken_claims {
            size: size_of::<boundtoken_claims>(),
            confirmed: token.confirmed().number(),
            issuer: boundtoken_str::lend(claims.issuer()),
            subject: boundtoken_str::lend(claims.subject()),
            // A verified token's subject is its user name.
            username: boundtoken_str::lend(claims.subject()),
            service_account_namespace: boundtoken_str::lend(claims.namespace()),
            service_account_name: boundtoken_str::lend(account.reference.name),
            service_account_uid: boundtoken_str::lend(account.uid),
            groups: from(groups),
            groups_len,
            extra: from(extra).cast(),
            extra_len: extra_texts / 2,
            audiences: from(audiences),
            audiences_len,
            matched_audiences: from(matched_audiences),
            matched_audiences_len,
            expires_at: time(Some(claims.expires_at())),
            not_before: time(claims.not_before()),
            issued_at: time(claims.issued_at()),
            warn_after: time(claims.warn_after()),
            jti: boundtoken_str::lend_optional(claims.jti()),
            pod_name: name(claims.pod()),
            pod_uid: uid(claims.pod()),
            secret_name: name(claims.secret()),
            secret_uid: uid(claims.secret()),
            node_name: name(claims.node()),
            node_uid: uid(claims.node()),
            payload: boundtoken_str::lend(claims.payload()),
            validating_webhook_configuration_name: name(claims.validating_webhook_configuration()),
            validating_webhook_configuration_uid: uid(claims.validating_webhook_configuration()),
            mutating_webhook_configuration_name: name(claims.mutating_webhook_configuration()),
            mutating_webhook_configuration_uid: uid(claims.mutating_webhook_configuration()),
            attested_api_groups: from(attested),
            attested_api_groups_len: attested_len,
            issuer_label: boundtoken_str::lend(token.issuer_label()),
        };
        Self { claims, _texts: texts }
    }
}

/// A time as C sees it: -1 if absent. Every time of a token is at most [`UnixSeconds::MAX`], which fits.
fn time(time: Option<UnixSeconds>) -> i64 {
    time.map_or(-1, |time| i64::try_from(time.0).unwrap_or(i64::MAX))
}

fn name(object: Option<BoundObject<'_>>) -> boundtoken_str {
    boundtoken_str::lend_optional(object.map(|object| object.reference.name))
}

fn uid(object: Option<BoundObject<'_>>) -> boundtoken_str {
    boundtoken_str::lend_optional(object.map(|object| object.uid))
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn members_keep_the_offsets_of_the_first_header() {
        macro_rules! offsets {
            ($($member:ident),+) => { [$((stringify!($member), offset_of!(boundtoken_claims, $member))),+] };
        }
        let texts = offsets![
            issuer,
            subject,
            username,
            service_account_namespace,
            service_account_name,
            service_account_uid,
            groups,
            extra,
            audiences,
            matched_audiences
        ];
        for (place, (member, offset)) in texts.into_iter().enumerate() {
            assert_eq!(offset, 16 + 16 * place, "{member}");
        }
        for (place, (member, offset)) in
            offsets![expires_at, not_before, issued_at, warn_after].into_iter().enumerate()
        {
            assert_eq!(offset, 176 + 8 * place, "{member}");
        }
        let texts = offsets![
            jti,
            pod_name,
            pod_uid,
            secret_name,
            secret_uid,
            node_name,
            node_uid,
            payload,
            validating_webhook_configuration_name,
            validating_webhook_configuration_uid,
            mutating_webhook_configuration_name,
            mutating_webhook_configuration_uid,
            attested_api_groups,
            issuer_label
        ];
        for (place, (member, offset)) in texts.into_iter().enumerate() {
            assert_eq!(offset, 208 + 16 * place, "{member}");
        }
        assert_eq!((offset_of!(boundtoken_claims, size), offset_of!(boundtoken_claims, confirmed)), (0, 8));
    }

    #[test]
    fn members_are_appended_and_the_first_size_of_the_struct_stays() {
        assert_eq!(SMALLEST_CLAIMS, offset_of!(boundtoken_claims, payload) + size_of::<boundtoken_str>());
        assert_eq!(SMALLEST_CLAIMS, offset_of!(boundtoken_claims, validating_webhook_configuration_name));
        let last = offset_of!(boundtoken_claims, issuer_label) + size_of::<boundtoken_str>();
        assert_eq!(last.next_multiple_of(align_of::<boundtoken_claims>()), size_of::<boundtoken_claims>());
    }
}
