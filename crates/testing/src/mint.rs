//! Tokens made on the fly, with any header and any claims, and a good signature.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use boundtoken::{Algorithm, KeySet, TrustedIssuer, Verifier};
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

pub const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
pub const AUDIENCE: &str = "vault";
pub const KID: &str = "UJESrj88BJUyMccNht9JdyeDSVWOaAk6ITbG92gzTAs";
pub const ACCOUNT_UID: &str = "31d77ff4-a560-4d3e-9466-d3c89e0b90d4";
pub const SECRET_UID: &str = "0d2f2c7e-6e3b-4d35-a9f6-3e2b8f8f7a10";
pub const POD_UID: &str = "e5bf3f7d-fbca-403d-a58f-f50f44e8da63";
pub const NODE_UID: &str = "a463c21d-a851-4a26-a0d8-d14d13a269ea";
pub const VALIDATING_UID: &str = "72588e45-aed3-4603-b1ee-fc4ba3b585af";
pub const MUTATING_UID: &str = "79a8db5c-cda1-4d75-b14c-c6a2d81359c2";
/// When the tokens of [`claims_with`] are issued. They are valid for one hour.
pub const NOW: u64 = 1_800_000_000;

/// A key that signs anything.
pub struct Mint {
    pub algorithm: Algorithm,
    pub kid: String,
    /// The public key, as an issuer publishes it.
    pub jwk: Value,
    private: EncodingKey,
}

impl Mint {
    pub fn new(algorithm: Algorithm, kid: &str) -> Self {
        let (public, private) = match algorithm {
            Algorithm::ES256 => elliptic_curve("P-256", &signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::ES384 => elliptic_curve("P-384", &signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::EdDSA => {
                let pair = Ed25519KeyPair::generate().expect("Ed25519 key");
                let x = base64url(pair.public_key().as_ref());
                let private = EncodingKey::from_ed_der(pair.to_pkcs8().expect("PKCS#8").as_ref());
                (json!({"kty": "OKP", "crv": "Ed25519", "x": x}), private)
            }
            _ => rsa().clone(),
        };
        let names = json!({"use": "sig", "kid": kid, "alg": algorithm.name()});
        Self { algorithm, kid: kid.to_owned(), jwk: merged(&public, &names), private }
    }

    /// A header as an API server writes it.
    pub fn header(&self) -> String {
        format!(r#"{{"alg":"{}","kid":{}}}"#, self.algorithm, Value::from(self.kid.as_str()))
    }

    /// A token with a header as an API server writes it.
    pub fn token(&self, claims: &Value) -> String {
        self.sign(self.header(), claims.to_string())
    }

    /// A token whose header and claims may be any bytes.
    pub fn sign(&self, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        self.sign_encoded(&format!("{}.{}", base64url(header.as_ref()), base64url(claims.as_ref())))
    }

    /// Signs a header and claims that are already encoded, or any other text.
    pub fn sign_encoded(&self, signed: &str) -> String {
        let algorithm = self.algorithm.name().parse().expect("an algorithm of jsonwebtoken");
        let signature =
            jsonwebtoken::crypto::sign(signed.as_bytes(), &self.private, algorithm).expect("signature");
        format!("{signed}.{signature}")
    }

    pub fn keys(&self) -> KeySet {
        key_set([self])
    }

    /// A verifier of this key's tokens that does not check bound objects.
    pub fn verifier(&self) -> Verifier {
        Verifier::builder()
            .issuer(TrustedIssuer::new(ISSUER, self.keys()))
            .audience(AUDIENCE)
            .build()
            .expect("verifier")
    }
}

pub fn key_set<'a>(mints: impl IntoIterator<Item = &'a Mint>) -> KeySet {
    let keys: Vec<&Value> = mints.into_iter().map(|mint| &mint.jwk).collect();
    KeySet::from_jwks(json!({"keys": keys}).to_string().as_bytes()).expect("key set")
}

fn elliptic_curve(name: &str, algorithm: &'static EcdsaSigningAlgorithm) -> (Value, EncodingKey) {
    let pair = EcdsaKeyPair::generate(algorithm).expect("elliptic curve key");
    let point = pair.public_key().as_ref();
    let (x, y) = point[1..].split_at(point.len() / 2);
    let private = EncodingKey::from_ec_der(pair.to_pkcs8v1().expect("PKCS#8").as_ref());
    (json!({"kty": "EC", "crv": name, "x": base64url(x), "y": base64url(y)}), private)
}

/// The process has one RSA key, because it takes long to generate.
fn rsa() -> &'static (Value, EncodingKey) {
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    static KEY: OnceLock<(Value, EncodingKey)> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("RSA key");
        let n = base64url(pair.public_key().modulus().big_endian_without_leading_zero());
        let e = base64url(pair.public_key().exponent().big_endian_without_leading_zero());
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).expect("PKCS#8");
        let pem = pem("PRIVATE KEY", pkcs8.as_ref());
        (
            json!({"kty": "RSA", "n": n, "e": e}),
            EncodingKey::from_rsa_pem(pem.as_bytes()).expect("signing key"),
        )
    })
}

/// The claims of a token bound to a pod, as an API server writes them. Issued at `now` and valid for one hour.
pub fn claims(now: u64) -> Value {
    json!({
        "aud": [AUDIENCE, "api"], "exp": now + 3600, "iat": now, "iss": ISSUER,
        "jti": "d40b199b-46cc-4389-93e8-d3ca3f9f4a66",
        "kubernetes.io": {
            "namespace": "demo",
            "node": {"name": "node-1", "uid": NODE_UID},
            "pod": {"name": "live", "uid": POD_UID},
            "serviceaccount": {"name": "app", "uid": ACCOUNT_UID},
        },
        "nbf": now, "sub": "system:serviceaccount:demo:app",
    })
}

/// Merges `patch` into `value` at every level. A null removes a member (RFC 7396).
pub fn merged(value: &Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else { return patch.clone() };
    let mut members = value.as_object().cloned().unwrap_or_default();
    for (name, change) in changes {
        if change.is_null() {
            members.remove(name);
        } else {
            let member = merged(members.get(name).unwrap_or(&Value::Null), change);
            members.insert(name.clone(), member);
        }
    }
    Value::Object(members)
}

/// The [`claims`] at [`NOW`], with this patch merged into them.
pub fn claims_with(patch: &Value) -> Value {
    merged(&claims(NOW), patch)
}

pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}
