//! Tokens as an API server issues them, one for each algorithm, and the peers that verify them.

#![allow(dead_code)] // each bench uses a part

#[allow(unsafe_code)]
pub mod c;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::signature::KeyPair as _;
use boundtoken::{
    Algorithm, Key, KeySet, KeyStore, ObjectKind, ObjectReference, ObjectStore, SigningKey, TrustedIssuer,
    UnixSeconds, Verifier,
};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::json;

pub const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
const POD_UID: &str = "e5bf3f7d-fbca-403d-a58f-f50f44e8da63";
const ACCOUNT_UID: &str = "31d77ff4-a560-4d3e-9466-d3c89e0b90d4";
const KID: &str = "UJESrj88BJUyMccNht9JdyeDSVWOaAk6ITbG92gzTAs";

/// One algorithm: a key, a token that it signed, and what each contender needs.
pub struct Subject {
    pub name: &'static str,
    pub token: String,
    pub now: UnixSeconds,
    verifier: Verifier,
    without_objects: Verifier,
    without_fast_path: Verifier,
    /// The public key alone, in boundtoken's form.
    pub key: Key,
    remembering: Verifier,
    from_c: c::CVerifier,
    /// It remembers nothing.
    first_from_c: c::CVerifier,
    raw: Raw,
    peer_key: DecodingKey,
    peer_rules: Validation,
}

/// The public key in the compiled backend's own form.
enum Raw {
    #[cfg(feature = "aws-lc-rs")]
    AwsLc(aws_lc_rs::signature::ParsedPublicKey),
    #[cfg(not(feature = "aws-lc-rs"))]
    RingRsa(ring::signature::RsaPublicKeyComponents<Vec<u8>>),
    #[cfg(not(feature = "aws-lc-rs"))]
    Ring(ring::signature::UnparsedPublicKey<Vec<u8>>),
}

/// The claims that a service would decode with a generic JWT library.
#[derive(Deserialize)]
pub struct PeerClaims {
    pub sub: String,
    #[serde(rename = "kubernetes.io")]
    pub kubernetes: PeerKubernetes,
}

#[derive(Deserialize)]
pub struct PeerKubernetes {
    pub namespace: String,
}

pub const BACKEND: &str = if cfg!(feature = "aws-lc-rs") { "aws-lc-rs" } else { "ring" };

pub fn subjects() -> Vec<Subject> {
    vec![rs256(), es256(), eddsa()]
}

fn rs256() -> Subject {
    let (pair, pem) = rsa_key();
    let public = pair.public_key();
    let (modulus, exponent) = (
        public.modulus().big_endian_without_leading_zero(),
        public.exponent().big_endian_without_leading_zero(),
    );
    let jwk = json!({"use": "sig", "kty": "RSA", "kid": KID, "alg": "RS256", "n": base64url(modulus), "e": base64url(exponent)});
    #[cfg(feature = "aws-lc-rs")]
    let raw = aws_raw(&aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256, public.as_ref());
    #[cfg(not(feature = "aws-lc-rs"))]
    let raw =
        Raw::RingRsa(ring::signature::RsaPublicKeyComponents { n: modulus.to_vec(), e: exponent.to_vec() });
    let signing = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("signing key");
    let peer_key = DecodingKey::from_rsa_components(&base64url(modulus), &base64url(exponent)).expect("key");
    Subject::new("RS256", jsonwebtoken::Algorithm::RS256, jwk, &signing, peer_key, raw)
}

/// Many RS256 tokens of one issuer, each for another pod, and everything needed to verify them.
pub struct Fleet {
    pub tokens: Vec<String>,
    pub keys: KeySet,
    pub objects: ObjectStore,
    pub now: UnixSeconds,
    /// The keys as a document.
    jwks: String,
}

impl Fleet {
    pub fn new(size: usize) -> Self {
        let (pair, pem) = rsa_key();
        let public = pair.public_key();
        let modulus = base64url(public.modulus().big_endian_without_leading_zero());
        let exponent = base64url(public.exponent().big_endian_without_leading_zero());
        let jwk =
            json!({"use": "sig", "kty": "RSA", "kid": KID, "alg": "RS256", "n": modulus, "e": exponent});
        let signing = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("key");
        let now = UnixSeconds::now();
        let objects = ObjectStore::new();
        add_account(&objects);
        (0..size).for_each(|number| add_pod(&objects, number));
        let algorithm = jsonwebtoken::Algorithm::RS256;
        let tokens =
            (0..size).map(|number| token(algorithm, &signing, now, &pod_name(number), &pod_uid(number)));
        let tokens = tokens.collect();
        let jwks = json!({"keys": [jwk]}).to_string();
        Self { tokens, keys: key_set(&jwk), objects, now, jwks }
    }

    /// A verifier of these tokens in C, with the same objects.
    pub fn verifier_in_c(&self) -> c::CVerifier {
        let metadata =
            |name: &str, uid: &str| json!({"metadata": {"namespace": "demo", "name": name, "uid": uid}});
        let pods = (0..self.tokens.len()).map(|number| metadata(&pod_name(number), &pod_uid(number)));
        let objects =
            json!({"serviceaccounts": [metadata("app", ACCOUNT_UID)], "pods": pods.collect::<Vec<_>>()});
        c::CVerifier::new(ISSUER, &self.jwks, &objects.to_string(), true)
    }

    /// A verifier of these tokens. It shares keys and objects, so they can be changed.
    pub fn verifier(&self, keys: &KeyStore, objects: Option<&ObjectStore>, cached_tokens: usize) -> Verifier {
        let issuer = TrustedIssuer::new(ISSUER, keys.clone());
        let issuer = match objects {
            Some(objects) => issuer.bound_objects(objects.clone()),
            None => issuer,
        };
        let builder = Verifier::builder()
            .issuer(issuer)
            .audience("vault")
            .cached_tokens(cached_tokens)
            .cache_size(cached_tokens * 4_096);
        builder.build().expect("verifier")
    }
}

/// The service account of all tokens.
pub fn add_account(objects: &ObjectStore) {
    let account = ObjectReference { kind: ObjectKind::ServiceAccount, namespace: "demo", name: "app" };
    objects.upsert(&account, ACCOUNT_UID.into(), None);
}

pub fn add_pod(objects: &ObjectStore, number: usize) {
    let name = pod_name(number);
    let pod = ObjectReference { kind: ObjectKind::Pod, namespace: "demo", name: &name };
    objects.upsert(&pod, (&*pod_uid(number)).into(), None);
}

/// A pod name such as a Deployment gives.
pub fn pod_name(number: usize) -> String {
    format!("payment-gateway-{:09x}-{:05x}", number.wrapping_mul(0x9e37_79b9) & 0xf_ffff_ffff, number)
}

pub fn pod_uid(number: usize) -> String {
    format!("e5bf3f7d-fbca-403d-a58f-{number:012x}")
}

/// A new key of an issuer, of any algorithm that Kubernetes uses.
pub fn signing_key(algorithm: Algorithm) -> SigningKey {
    if algorithm != Algorithm::RS256 {
        return SigningKey::generate(algorithm).expect("a key");
    }
    let (_, pem) = rsa_key();
    SigningKey::from_pem(pem.as_bytes()).expect("a key")
}

/// A new RSA key of 2,048 bits, and its PEM.
fn rsa_key() -> (aws_lc_rs::rsa::KeyPair, String) {
    let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).expect("RSA key");
    let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).expect("PKCS#8");
    let pem = pem("PRIVATE KEY", pkcs8.as_ref());
    (pair, pem)
}

pub fn key_set(jwk: &serde_json::Value) -> KeySet {
    KeySet::from_jwks(json!({"keys": [jwk]}).to_string().as_bytes()).expect("key set")
}

fn token(
    algorithm: jsonwebtoken::Algorithm,
    signing: &EncodingKey,
    now: UnixSeconds,
    pod_name: &str,
    pod_uid: &str,
) -> String {
    let claims = json!({
        "aud": ["vault", "api"], "exp": now.0 + 36_000, "iat": now.0, "iss": ISSUER,
        "jti": "d40b199b-46cc-4389-93e8-d3ca3f9f4a66",
        "kubernetes.io": {
            "namespace": "demo",
            "node": {"name": "node-1", "uid": "a463c21d-a851-4a26-a0d8-d14d13a269ea"},
            "pod": {"name": pod_name, "uid": pod_uid},
            "serviceaccount": {"name": "app", "uid": ACCOUNT_UID},
        },
        "nbf": now.0, "sub": "system:serviceaccount:demo:app",
    });
    let header = Header { typ: None, kid: Some(KID.to_owned()), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, &claims, signing).expect("token")
}

fn es256() -> Subject {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("EC key");
    let point = pair.public_key().as_ref().to_vec();
    let (x, y) = (base64url(&point[1..33]), base64url(&point[33..]));
    let jwk = json!({"use": "sig", "kty": "EC", "kid": KID, "crv": "P-256", "alg": "ES256", "x": x, "y": y});
    #[cfg(feature = "aws-lc-rs")]
    let raw = aws_raw(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED, &point);
    #[cfg(not(feature = "aws-lc-rs"))]
    let raw = ring_raw(&ring::signature::ECDSA_P256_SHA256_FIXED, point);
    let signing = EncodingKey::from_ec_der(pair.to_pkcs8v1().expect("PKCS#8").as_ref());
    let peer_key = DecodingKey::from_ec_components(&x, &y).expect("key");
    Subject::new("ES256", jsonwebtoken::Algorithm::ES256, jwk, &signing, peer_key, raw)
}

fn eddsa() -> Subject {
    let pair = aws_lc_rs::signature::Ed25519KeyPair::generate().expect("Ed25519 key");
    let public = pair.public_key().as_ref().to_vec();
    let x = base64url(&public);
    let jwk = json!({"use": "sig", "kty": "OKP", "kid": KID, "crv": "Ed25519", "alg": "EdDSA", "x": x});
    #[cfg(feature = "aws-lc-rs")]
    let raw = aws_raw(&aws_lc_rs::signature::ED25519, &public);
    #[cfg(not(feature = "aws-lc-rs"))]
    let raw = ring_raw(&ring::signature::ED25519, public);
    let signing = EncodingKey::from_ed_der(pair.to_pkcs8().expect("PKCS#8").as_ref());
    let peer_key = DecodingKey::from_ed_components(&x).expect("key");
    Subject::new("EdDSA", jsonwebtoken::Algorithm::EdDSA, jwk, &signing, peer_key, raw)
}

#[cfg(feature = "aws-lc-rs")]
fn aws_raw(algorithm: &'static dyn aws_lc_rs::signature::VerificationAlgorithm, key: &[u8]) -> Raw {
    Raw::AwsLc(aws_lc_rs::signature::ParsedPublicKey::new(algorithm, key).expect("public key"))
}

#[cfg(not(feature = "aws-lc-rs"))]
fn ring_raw(algorithm: &'static dyn ring::signature::VerificationAlgorithm, key: Vec<u8>) -> Raw {
    Raw::Ring(ring::signature::UnparsedPublicKey::new(algorithm, key))
}

impl Subject {
    fn new(
        name: &'static str,
        algorithm: jsonwebtoken::Algorithm,
        jwk: serde_json::Value,
        signing: &EncodingKey,
        peer_key: DecodingKey,
        raw: Raw,
    ) -> Self {
        let now = UnixSeconds::now();
        let token = token(algorithm, signing, now, "live", POD_UID);

        let objects = ObjectStore::new();
        let object = |kind, name| ObjectReference { kind, namespace: "demo", name };
        objects.upsert(&object(ObjectKind::ServiceAccount, "app"), ACCOUNT_UID.into(), None);
        objects.upsert(&object(ObjectKind::Pod, "live"), POD_UID.into(), None);
        let [from_c, first_from_c] = {
            let metadata = |name, uid| json!([{"metadata": {"namespace": "demo", "name": name, "uid": uid}}]);
            let objects =
                json!({"serviceaccounts": metadata("app", ACCOUNT_UID), "pods": metadata("live", POD_UID)});
            let (jwks, objects) = (json!({"keys": [jwk]}).to_string(), objects.to_string());
            [true, false].map(|remembers| c::CVerifier::new(ISSUER, &jwks, &objects, remembers))
        };
        let keys = key_set(&jwk);
        let key = keys.keys()[0].clone();
        let issuer = TrustedIssuer::new(ISSUER, keys);
        let builder = |issuer, cached_tokens| {
            Verifier::builder().issuer(issuer).audience("vault").cached_tokens(cached_tokens)
        };
        let verifier = |issuer, cached_tokens| builder(issuer, cached_tokens).build().expect("verifier");
        let without_fast_path =
            builder(issuer.clone(), 0).fast_rsa(false).fast_p256(false).build().expect("verifier");
        let with_objects = issuer.clone().bound_objects(objects);
        let remembering = verifier(with_objects.clone(), 10_000);
        let (verifier, without_objects) = (verifier(with_objects, 0), verifier(issuer, 0));

        let mut peer_rules = Validation::new(algorithm);
        peer_rules.set_issuer(&[ISSUER]);
        peer_rules.set_audience(&["vault"]);
        peer_rules.validate_nbf = true;
        let subject = Self {
            name,
            token,
            now,
            verifier,
            without_objects,
            without_fast_path,
            key,
            remembering,
            from_c,
            first_from_c,
            raw,
            peer_key,
            peer_rules,
        };
        subject.everything();
        subject.without_objects();
        subject.again();
        subject.raw_check();
        subject.peer();
        subject
    }

    /// Checks everything: form, signature, issuer, audience, times, claims, bound objects.
    pub fn everything(&self) {
        let verified = self.verifier.verify_at(self.token.as_bytes(), self.now).expect("accepted");
        std::hint::black_box(verified);
    }

    /// The same for a remembered token.
    pub fn again(&self) {
        let verified = self.remembering.verify_at(self.token.as_bytes(), self.now).expect("accepted");
        std::hint::black_box(verified);
    }

    /// The same through the C ABI, including the call that frees the result.
    pub fn again_from_c(&self) {
        self.from_c.verify_at(&self.token, self.now);
    }

    /// The same, with all claims.
    pub fn again_and_claims_from_c(&self) {
        self.from_c.verify_and_read_at(&self.token, self.now);
    }

    /// The same into one buffer, which has all claims.
    pub fn again_into_from_c(&self) {
        assert_eq!(self.from_c.verify_into(&self.token, self.now, 0), 0);
    }

    /// A token that is seen for the first time, into one buffer.
    pub fn first_into_from_c(&self) {
        assert_eq!(self.first_from_c.verify_into(&self.token, self.now, 0), 0);
    }

    /// A refusal into one buffer, with its message.
    pub fn refused_into_from_c(&self, token: &str) {
        assert_ne!(self.from_c.verify_into(token, self.now, 0), 0);
    }

    /// The answer that a token's signature must be checked.
    pub fn not_cached_from_c(&self, token: &str) {
        let status = self.from_c.verify_into(token, self.now, boundtoken_capi::BOUNDTOKEN_VERIFY_CACHED_ONLY);
        assert_eq!(status, 9);
    }

    /// The same token with another signature, which is not valid.
    pub fn token_with_another_signature(&self) -> String {
        let (signed, signature) = self.token.rsplit_once('.').expect("three parts");
        format!("{signed}.{}", "A".repeat(signature.len()))
    }

    /// Checks what a generic library checks too. No bound objects.
    pub fn without_objects(&self) {
        let verified = self.without_objects.verify_at(self.token.as_bytes(), self.now).expect("accepted");
        std::hint::black_box(verified);
    }

    /// The same without the fast path.
    pub fn without_fast_path(&self) {
        let verified = self.without_fast_path.verify_at(self.token.as_bytes(), self.now).expect("accepted");
        std::hint::black_box(verified);
    }

    /// The same token with a kid that no key has. It never reaches the signature check.
    pub fn token_with_unknown_kid(&self) -> String {
        let (_, rest) = self.token.split_once('.').expect("three parts");
        format!(
            "{}.{rest}",
            base64url(br#"{"alg":"RS256","kid":"AAAArj88BJUyMccNht9JdyeDSVWOaAk6ITbG92gzTAs"}"#)
        )
    }

    pub fn refused_before_signature(&self, token: &str) {
        std::hint::black_box(self.verifier.verify_at(token.as_bytes(), self.now).expect_err("refused"));
    }

    /// The backend's bare signature check, of bytes that are already decoded.
    pub fn raw_check(&self) {
        let (signed, signature) = self.signed_and_signature();
        self.raw_check_of(signed, &signature);
    }

    pub fn raw_check_of(&self, signed: &[u8], signature: &[u8]) {
        let verdict = match &self.raw {
            #[cfg(feature = "aws-lc-rs")]
            Raw::AwsLc(key) => key.verify_sig(signed, signature).is_ok(),
            #[cfg(not(feature = "aws-lc-rs"))]
            Raw::RingRsa(key) => {
                key.verify(&ring::signature::RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
            }
            #[cfg(not(feature = "aws-lc-rs"))]
            Raw::Ring(key) => key.verify(signed, signature).is_ok(),
        };
        assert!(std::hint::black_box(verdict));
    }

    pub fn signed_and_signature(&self) -> (&[u8], Vec<u8>) {
        use base64::Engine as _;
        let (signed, signature) = self.token.rsplit_once('.').expect("three parts");
        let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        (signed.as_bytes(), engine.decode(signature).expect("signature"))
    }

    /// The crate jsonwebtoken with AWS-LC: signature, issuer, audience, times, two claims. No bound objects.
    pub fn peer(&self) {
        let decoded = jsonwebtoken::decode::<PeerClaims>(&self.token, &self.peer_key, &self.peer_rules);
        std::hint::black_box(decoded.expect("accepted").claims);
    }
}

/// How long this thread was ready to run but had no core. Zero if the system does not say.
pub fn waited_for_a_core() -> std::time::Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let waited = statistics.split(' ').nth(1).and_then(|nanoseconds| nanoseconds.parse().ok());
    std::time::Duration::from_nanos(waited.unwrap_or_default())
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}
