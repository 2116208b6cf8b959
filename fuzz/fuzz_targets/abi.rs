//! Random sequences of calls of the C ABI, in every order that the header allows: each handle is alive when it is used, and is
//! freed as often as it was made or retained.
//!
//! The address sanitizer watches the memory. The assertions watch the verdicts: nothing but the genuine token is accepted, each
//! record says what its call says, and no call writes beyond the buffer that it was given.
#![no_main]

use std::ffi::{c_char, c_void};
use std::ptr;

use boundtoken_capi::*;
use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use std::sync::LazyLock;

const JWKS: &[u8] = include_bytes!("../../tests/vectors/apiserver-rs256/jwks.json");
const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
const NOW: i64 = 1_795_522_300;
/// What stands behind a buffer, and must stay.
const GUARD: u8 = 0xa5;

static TOKEN: LazyLock<String> = LazyLock::new(|| {
    let tokens: Value =
        serde_json::from_slice(include_bytes!("../../tests/vectors/apiserver-rs256/tokens.json"))
            .expect("tokens");
    tokens["pod-live"].as_str().expect("a token").to_owned()
});
static OBJECTS: LazyLock<String> = LazyLock::new(|| {
    let objects: Value =
        serde_json::from_slice(include_bytes!("../../tests/vectors/apiserver-rs256/objects.json"))
            .expect("objects");
    objects["before"].to_string()
});

/// One call, or a few that belong together. The numbers choose among the handles that there are.
#[derive(Arbitrary, Debug)]
enum Step<'a> {
    Keys { genuine: bool, bytes: &'a [u8] },
    ReplaceKeys { keys: u8, genuine: bool, bytes: &'a [u8] },
    RetainKeys(u8),
    FreeKeys(u8),
    Objects,
    Following { kinds: [u8; 2], seconds: u32 },
    LoadObjects { objects: u8, replace: bool, genuine: bool, bytes: &'a [u8] },
    Upsert { objects: u8, kind: u32, texts: [&'a str; 3], deleted: i64 },
    Delete { objects: u8, kind: u32, texts: [&'a str; 2] },
    FreeObjects(u8),
    Event { feed: u8, delete: bool, texts: [&'a str; 3], deleted: i64 },
    List { feed: u8, texts: [&'a str; 3], age: u32 },
    Prove(u8),
    FreeFeed(u8),
    Verifier { keys: u8, objects: Option<u8>, label: Option<&'a str>, cached: Option<u16>, accept: bool },
    FreeVerifier(u8),
    Verify { verifier: u8, token: Token<'a> },
    VerifyInto { verifier: u8, token: Token<'a>, capacity: u16, flags: u32, audience: Option<&'a str> },
    Claims { verified: u8, size: u16 },
    FreeVerified(u8),
    Check { verifier: u8, token: Token<'a> },
    Confirm { verifier: u8, checked: u8, states: [u32; 2], honest: bool, capacity: u16 },
    FreeChecked(u8),
    Start { verifier: u8, token: Token<'a> },
    Finish { verification: u8, at_once: bool, capacity: u16 },
    FreeVerification(u8),
    Batch { verifier: u8, count: u8, threads: u8, stride: u16 },
    Statistics { verifier: u8, size: u16 },
    NoCluster(&'a [u8]),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Token<'a> {
    Genuine,
    Any(&'a [u8]),
    Cut(u16),
}

impl Token<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Genuine => TOKEN.as_bytes(),
            Self::Any(bytes) => bytes,
            Self::Cut(length) => &TOKEN.as_bytes()[..TOKEN.len().min(usize::from(*length))],
        }
    }
}

/// All live handles.
#[derive(Default)]
struct Handles {
    keys: Vec<*mut boundtoken_keys>,
    objects: Vec<*mut boundtoken_objects>,
    feeds: Vec<*mut boundtoken_feed>,
    verifiers: Vec<*mut boundtoken_verifier>,
    verified: Vec<*mut boundtoken_verified>,
    checked: Vec<*mut boundtoken_checked>,
    verifications: Vec<*mut boundtoken_verification>,
}

/// The handle of this number, or NULL if there is none.
fn pick<T>(handles: &[*mut T], number: u8) -> *mut T {
    handles.get(usize::from(number) % handles.len().max(1)).copied().unwrap_or(ptr::null_mut())
}

fn take<T>(handles: &mut Vec<*mut T>, number: u8) -> *mut T {
    match handles.len() {
        0 => ptr::null_mut(),
        count => handles.swap_remove(usize::from(number) % count),
    }
}

fn keep<T>(handles: &mut Vec<*mut T>, handle: *mut T, status: boundtoken_status) {
    assert_eq!(is_ok(status), !handle.is_null());
    if !handle.is_null() {
        handles.push(handle);
    }
}

fn is_ok(status: boundtoken_status) -> bool {
    status.number() == 0
}

fn text(text: &str) -> boundtoken_str {
    boundtoken_str { data: text.as_ptr().cast(), len: text.len() }
}

fn options(flags: u32, audience: Option<&boundtoken_str>) -> boundtoken_verify_options {
    boundtoken_verify_options {
        size: size_of::<boundtoken_verify_options>(),
        flags: flags | BOUNDTOKEN_VERIFY_AT,
        now: NOW,
        audiences: audience.map_or(ptr::null(), ptr::from_ref),
        audiences_len: usize::from(audience.is_some()),
        timeout_milliseconds: 1,
        reserved: 0,
    }
}

/// Calls with a buffer of this size, and checks what was written. Nothing but the genuine token may be accepted.
fn into_buffer(
    capacity: u16,
    may_accept: bool,
    call: impl FnOnce(*mut c_void, usize, *mut usize) -> boundtoken_status,
) {
    let capacity = usize::from(capacity) % 4_096;
    let mut buffer = vec![GUARD; capacity + 16];
    let mut needed = 0;
    let status = call(buffer.as_mut_ptr().cast(), capacity, &raw mut needed);
    assert!(buffer[capacity..].iter().all(|&byte| byte == GUARD), "written beyond the buffer");
    let number = |offset: usize| {
        buffer.get(offset..offset + 4).map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap()))
    };
    if capacity >= size_of::<boundtoken_record>() {
        assert_eq!((number(0), number(4)), (Some(1), Some(status.number())));
        assert_eq!(number(12) == Some(200), is_ok(status));
        assert!(number(8).unwrap() as usize <= capacity);
    } else if capacity >= 8 {
        assert_eq!((number(0), number(4)), (Some(0), Some(status.number())));
    }
    if is_ok(status) {
        assert!(may_accept && needed <= capacity, "accepted");
    }
}

fn listed(texts: &[&str; 3], deletion_timestamp: i64) -> boundtoken_listed_object {
    boundtoken_listed_object {
        object_namespace: text(texts[0]),
        object_name: text(texts[1]),
        uid: text(texts[2]),
        deletion_timestamp,
    }
}

impl Handles {
    /// # Safety
    /// None is needed: every handle is alive, and every text outlives its call.
    unsafe fn take_step(&mut self, step: Step<'_>) {
        let none = ptr::null_mut();
        let data = |bytes: &[u8]| bytes.as_ptr().cast::<c_char>();
        // SAFETY: see above.
        unsafe {
            match step {
                Step::Keys { genuine, bytes } => {
                    let bytes = if genuine { JWKS } else { bytes };
                    let mut keys = ptr::null_mut();
                    let status = boundtoken_keys_from_jwks(data(bytes), bytes.len(), &raw mut keys, none);
                    keep(&mut self.keys, keys, status);
                }
                Step::ReplaceKeys { keys, genuine, bytes } => {
                    let bytes = if genuine { JWKS } else { bytes };
                    let keys = pick(&self.keys, keys);
                    let _ = boundtoken_keys_replace_jwks(keys, data(bytes), bytes.len(), none);
                }
                Step::RetainKeys(keys) => {
                    let keys = boundtoken_keys_retain(pick(&self.keys, keys));
                    self.keys.extend((!keys.is_null()).then_some(keys));
                }
                Step::FreeKeys(keys) => boundtoken_keys_free(take(&mut self.keys, keys)),
                Step::Objects => self.objects.push(boundtoken_objects_new()),
                Step::Following { kinds, seconds } => {
                    let scopes = kinds.map(|kind| boundtoken_scope {
                        kind: u32::from(kind),
                        reserved: 0,
                        object_namespace: text(""),
                    });
                    let (mut objects, mut feeds) = (ptr::null_mut(), [ptr::null_mut(); 2]);
                    let status = boundtoken_objects_following(
                        scopes.as_ptr(),
                        scopes.len(),
                        seconds,
                        feeds.as_mut_ptr(),
                        &raw mut objects,
                        none,
                    );
                    keep(&mut self.objects, objects, status);
                    self.feeds.extend(feeds.into_iter().filter(|feed| !feed.is_null()));
                }
                Step::LoadObjects { objects, replace, genuine, bytes } => {
                    let bytes = if genuine { OBJECTS.as_bytes() } else { bytes };
                    let load =
                        if replace { boundtoken_objects_replace_json } else { boundtoken_objects_load_json };
                    let objects = pick(&self.objects, objects);
                    let _ = load(objects, data(bytes), bytes.len(), ptr::null_mut(), none);
                }
                Step::Upsert { objects, kind, texts: [namespace, name, uid], deleted } => {
                    let objects = pick(&self.objects, objects);
                    boundtoken_objects_upsert(
                        objects,
                        kind % 8,
                        text(namespace),
                        text(name),
                        text(uid),
                        deleted,
                        none,
                    );
                }
                Step::Delete { objects, kind, texts: [namespace, name] } => {
                    let objects = pick(&self.objects, objects);
                    boundtoken_objects_delete(objects, kind % 8, text(namespace), text(name), none);
                }
                Step::FreeObjects(objects) => boundtoken_objects_free(take(&mut self.objects, objects)),
                Step::Event { feed, delete, texts, deleted } => {
                    let call = if delete { boundtoken_feed_delete } else { boundtoken_feed_upsert };
                    call(pick(&self.feeds, feed), &raw const *&listed(&texts, deleted), none);
                }
                Step::List { feed, texts, age } => {
                    let listed = [listed(&texts, 0), listed(&["demo", "live", "uid"], 0)];
                    let feed = pick(&self.feeds, feed);
                    let _ = boundtoken_feed_replace(feed, listed.as_ptr(), listed.len(), age, none);
                }
                Step::Prove(feed) => boundtoken_feed_prove(pick(&self.feeds, feed)),
                Step::FreeFeed(feed) => boundtoken_feed_free(take(&mut self.feeds, feed)),
                Step::Verifier { keys, objects, label, cached, accept } => {
                    let builder = boundtoken_verifier_builder_new();
                    let objects = objects.map_or(ptr::null_mut(), |objects| pick(&self.objects, objects));
                    boundtoken_verifier_builder_issuer(
                        builder,
                        text(ISSUER),
                        pick(&self.keys, keys),
                        objects,
                    );
                    if let Some(label) = label {
                        boundtoken_verifier_builder_issuer_label(builder, text(label));
                    }
                    if let Some(cached) = cached {
                        boundtoken_verifier_builder_cached_tokens(builder, usize::from(cached));
                    }
                    boundtoken_verifier_builder_on_unavailable(builder, u32::from(accept));
                    boundtoken_verifier_builder_audience(builder, text("vault"));
                    let mut verifier = ptr::null_mut();
                    let status = boundtoken_verifier_builder_build(builder, &raw mut verifier, none);
                    keep(&mut self.verifiers, verifier, status);
                }
                Step::FreeVerifier(verifier) => boundtoken_verifier_free(take(&mut self.verifiers, verifier)),
                Step::Verify { verifier, token } => {
                    let (mut verified, mut error) = (ptr::null_mut(), ptr::null_mut());
                    let bytes = token.bytes();
                    let status = boundtoken_verify_at(
                        pick(&self.verifiers, verifier),
                        data(bytes),
                        bytes.len(),
                        NOW,
                        &raw mut verified,
                        &raw mut error,
                    );
                    assert!(!is_ok(status) || bytes == TOKEN.as_bytes(), "accepted");
                    keep(&mut self.verified, verified, status);
                    assert_eq!(boundtoken_error_status(error), status);
                    std::hint::black_box(boundtoken_error_message(error));
                    boundtoken_error_free(error);
                }
                Step::VerifyInto { verifier, token, capacity, flags, audience } => {
                    let bytes = token.bytes();
                    let audience = audience.map(text);
                    let options = options(flags, audience.as_ref());
                    let verifier = pick(&self.verifiers, verifier);
                    into_buffer(capacity, bytes == TOKEN.as_bytes(), |buffer, capacity, needed| {
                        boundtoken_verify_into(
                            verifier,
                            data(bytes),
                            bytes.len(),
                            &raw const options,
                            buffer,
                            capacity,
                            needed,
                        )
                    });
                }
                Step::Claims { verified, size } => {
                    let mut claims = vec![usize::from_ne_bytes([GUARD; size_of::<usize>()]); 80];
                    let size = usize::from(size) % (claims.len() * size_of::<usize>());
                    claims[0] = size;
                    let verified = boundtoken_verified_retain(pick(&self.verified, verified));
                    let status = boundtoken_verified_claims(verified, claims.as_mut_ptr().cast());
                    let beyond = size.div_ceil(size_of::<usize>()).max(1);
                    let guard = usize::from_ne_bytes([GUARD; size_of::<usize>()]);
                    assert!(claims[beyond..].iter().all(|&word| word == guard), "written beyond the struct");
                    std::hint::black_box(status);
                    boundtoken_verified_free(verified);
                }
                Step::FreeVerified(verified) => boundtoken_verified_free(take(&mut self.verified, verified)),
                Step::Check { verifier, token } => {
                    let mut checked = ptr::null_mut();
                    let (bytes, options) = (token.bytes(), options(0, None));
                    let status = boundtoken_check(
                        pick(&self.verifiers, verifier),
                        data(bytes),
                        bytes.len(),
                        &raw const options,
                        &raw mut checked,
                        none,
                    );
                    assert!(!is_ok(status) || bytes == TOKEN.as_bytes(), "checked");
                    keep(&mut self.checked, checked, status);
                }
                Step::Confirm { verifier, checked, states, honest, capacity } => {
                    let checked = pick(&self.checked, checked);
                    let mut count = 0;
                    let objects = boundtoken_checked_objects(checked, &raw mut count);
                    let found: Vec<_> = (0..count)
                        .map(|place| boundtoken_found_object {
                            state: if honest { 1 } else { states[place % 2] },
                            reserved: 0,
                            deletion_timestamp: 0,
                            uid: (*objects.wrapping_add(place)).uid,
                        })
                        .collect();
                    let (verifier, options) = (pick(&self.verifiers, verifier), options(0, None));
                    into_buffer(capacity, true, |buffer, capacity, needed| {
                        boundtoken_confirm_into(
                            verifier,
                            checked,
                            found.as_ptr(),
                            found.len(),
                            &raw const options,
                            buffer,
                            capacity,
                            needed,
                        )
                    });
                }
                Step::FreeChecked(checked) => boundtoken_checked_free(take(&mut self.checked, checked)),
                Step::Start { verifier, token } => {
                    let mut verification = ptr::null_mut();
                    let (bytes, options) = (token.bytes(), options(0, None));
                    let status = boundtoken_verification_start(
                        pick(&self.verifiers, verifier),
                        data(bytes),
                        bytes.len(),
                        &raw const options,
                        None,
                        ptr::null_mut(),
                        None,
                        &raw mut verification,
                        none,
                    );
                    keep(&mut self.verifications, verification, status);
                }
                Step::Finish { verification, at_once, capacity } => {
                    let verification = pick(&self.verifications, verification);
                    into_buffer(capacity, true, |buffer, capacity, needed| {
                        boundtoken_verification_finish(verification, at_once.into(), buffer, capacity, needed)
                    });
                }
                Step::FreeVerification(verification) => {
                    boundtoken_verification_free(take(&mut self.verifications, verification));
                }
                Step::Batch { verifier, count, threads, stride } => {
                    let tokens: Vec<_> =
                        (0..count).map(|number| text(if number % 2 == 0 { &TOKEN } else { "x" })).collect();
                    let stride = usize::from(stride) % 4_096;
                    let mut buffer = vec![GUARD; tokens.len() * stride + 8];
                    let options = options(0, None);
                    let status = boundtoken_verify_batch(
                        pick(&self.verifiers, verifier),
                        tokens.as_ptr(),
                        tokens.len(),
                        &raw const options,
                        u32::from(threads % 4),
                        buffer.as_mut_ptr().cast(),
                        stride,
                        none,
                    );
                    std::hint::black_box(status);
                    assert!(buffer[tokens.len() * stride..].iter().all(|&byte| byte == GUARD));
                }
                Step::Statistics { verifier, size } => {
                    let mut statistics = vec![0_u64; 40];
                    statistics[0] = u64::from(size % 320);
                    let verifier = pick(&self.verifiers, verifier);
                    boundtoken_verifier_statistics(verifier, statistics.as_mut_ptr().cast());
                    std::hint::black_box(boundtoken_verifier_largest_record(verifier));
                }
                Step::NoCluster(bytes) => {
                    // This library is built without clusters.
                    let mut cluster = ptr::null_mut();
                    let status = boundtoken_cluster_connect(data(bytes), bytes.len(), &raw mut cluster, none);
                    assert!(status.number() == 11 && cluster.is_null());
                }
            }
        }
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        // SAFETY: each handle is alive and is not used again.
        unsafe {
            self.verifications.drain(..).for_each(|each| boundtoken_verification_free(each));
            self.checked.drain(..).for_each(|each| boundtoken_checked_free(each));
            self.verified.drain(..).for_each(|each| boundtoken_verified_free(each));
            self.keys.drain(..).for_each(|each| boundtoken_keys_free(each));
            self.verifiers.drain(..).for_each(|each| boundtoken_verifier_free(each));
            self.objects.drain(..).for_each(|each| boundtoken_objects_free(each));
            self.feeds.drain(..).for_each(|each| boundtoken_feed_free(each));
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    const MOST: usize = 64;
    let mut rest = Unstructured::new(bytes);
    let mut handles = Handles::default();
    // What nearly every sequence needs.
    // SAFETY: see `take_step`.
    unsafe {
        handles.take_step(Step::Keys { genuine: true, bytes: &[] });
        handles.take_step(Step::Objects);
        handles.take_step(Step::LoadObjects { objects: 0, replace: false, genuine: true, bytes: &[] });
        handles.take_step(Step::Verifier {
            keys: 0,
            objects: Some(0),
            label: None,
            cached: None,
            accept: false,
        });
    }
    for _ in 0..MOST {
        let Ok(step) = Step::arbitrary(&mut rest) else { break };
        // SAFETY: see `take_step`.
        unsafe { handles.take_step(step) };
        if rest.is_empty() {
            break;
        }
    }
});
