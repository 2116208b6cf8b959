//! The input files of every contender: keys, the objects that tokens are bound to, good tokens, and bad tokens.

use std::error::Error;
use std::fs;
use std::path::Path;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use boundtoken::{KeySet, UnixSeconds};
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

pub const ALGORITHMS: [&str; 3] = ["RS256", "ES256", "EdDSA"];
pub const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
pub const AUDIENCE: &str = "vault";
/// The number of different tokens, as for a service with this many callers.
pub const TOKENS: usize = 256;
/// The name of the good tokens, in files and in the protocol.
pub const GOOD: &str = "good";
/// The tokens that no contender may accept, and what is wrong with each.
pub const BAD: [&str; 5] = ["signature", "audience", "issuer", "expired", "not-yet-valid"];

const HOUR: u64 = 3_600;
const ACCOUNT_UID: &str = "31d77ff4-a560-4d3e-9466-d3c89e0b90d4";
const NODE_UID: &str = "a463c21d-a851-4a26-a0d8-d14d13a269ea";

/// A key pair of one algorithm, and the tokens that it signed.
pub struct Inputs {
    pub algorithm: &'static str,
    /// The private key, for servers that sign with it themselves.
    pub private_pem: String,
    pub good: Vec<String>,
    pub bad: Vec<(&'static str, String)>,
}

/// The objects that the tokens are bound to, as `kubectl get serviceaccounts,nodes,pods -A -o json` prints them.
pub fn objects() -> String {
    let mut items = vec![
        json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"namespace": "demo", "name": "app", "uid": ACCOUNT_UID}}),
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1", "uid": NODE_UID}}),
    ];
    items.extend((0..TOKENS).map(|number| {
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": "demo", "name": pod_name(number), "uid": pod_uid(number)},
            "spec": {
                "serviceAccountName": "app", "nodeName": "node-1",
                "containers": [{"name": "app", "image": "registry.example.com/app"}],
            },
        })
    }));
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

/// Creates keys and tokens, and writes them into a folder:
///
/// - `issuer`, `audience` and `objects.json`,
/// - for each algorithm a folder with `public.pem`, `jwks.json`, and files with one token on each line.
pub fn write(folder: &Path) -> Result<Vec<Inputs>, Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("issuer"), ISSUER)?;
    fs::write(folder.join("audience"), AUDIENCE)?;
    fs::write(folder.join("objects.json"), objects())?;
    ALGORITHMS.into_iter().map(|algorithm| write_algorithm(&folder.join(algorithm), algorithm)).collect()
}

fn write_algorithm(folder: &Path, algorithm: &'static str) -> Result<Inputs, Box<dyn Error>> {
    let key = Key::generate(algorithm)?;
    let now = UnixSeconds::now().0;
    let good: Vec<String> =
        (0..TOKENS).map(|number| key.token(&claims(number, now))).collect::<Result<_, _>>()?;
    let bad = BAD
        .into_iter()
        .map(|wrong| Ok((wrong, key.bad_token(wrong, now)?)))
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;

    fs::create_dir_all(folder)?;
    fs::write(folder.join("public.pem"), &key.public_pem)?;
    fs::write(folder.join("jwks.json"), &key.jwks)?;
    fs::write(folder.join(GOOD), good.join("\n") + "\n")?;
    for (wrong, token) in &bad {
        fs::write(folder.join(wrong), format!("{token}\n"))?;
    }
    Ok(Inputs { algorithm, private_pem: key.private_pem, good, bad })
}

struct Key {
    algorithm: jsonwebtoken::Algorithm,
    kid: String,
    signing: EncodingKey,
    private_pem: String,
    public_pem: String,
    jwks: String,
}

impl Key {
    fn generate(algorithm: &str) -> Result<Self, Box<dyn Error>> {
        let (private, public) = match algorithm {
            "RS256" => {
                let pair = rsa::KeyPair::generate(KeySize::Rsa2048)?;
                (as_pkcs8(&pair)?, as_spki(pair.public_key())?)
            }
            "ES256" => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
                (pair.to_pkcs8v1()?.as_ref().to_vec(), as_spki(pair.public_key())?)
            }
            _ => {
                let pair = Ed25519KeyPair::generate()?;
                (as_pkcs8(&pair)?, as_spki(pair.public_key())?)
            }
        };
        let (private_pem, public_pem) = (pem("PRIVATE KEY", &private), pem("PUBLIC KEY", &public));
        let signing = match algorithm {
            "RS256" => EncodingKey::from_rsa_pem(private_pem.as_bytes())?,
            "ES256" => EncodingKey::from_ec_der(&private),
            _ => EncodingKey::from_ed_der(&private),
        };
        // With the kid that an API server computes for the key.
        let keys = KeySet::from_pem(public_pem.as_bytes())?;
        let kid = keys.keys().first().and_then(boundtoken::Key::kid).ok_or("a key without a kid")?.to_owned();
        let jwks = serde_json::to_string(&keys.to_jwks())?;
        Ok(Self { algorithm: algorithm.parse()?, kid, signing, private_pem, public_pem, jwks })
    }

    /// A token with a header as an API server writes it.
    fn token(&self, claims: &Value) -> Result<String, Box<dyn Error>> {
        let header = json!({"alg": self.algorithm, "kid": self.kid}).to_string();
        let signed = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.to_string().as_bytes()));
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &self.signing, self.algorithm)?;
        Ok(format!("{signed}.{signature}"))
    }

    fn bad_token(&self, wrong: &str, now: u64) -> Result<String, Box<dyn Error>> {
        let mut claims = claims(0, now);
        match wrong {
            "audience" => claims["aud"] = json!(["another"]),
            "issuer" => claims["iss"] = "https://kubernetes.example.com".into(),
            "expired" => {
                claims["iat"] = (now - 2 * HOUR).into();
                claims["nbf"] = (now - 2 * HOUR).into();
                claims["exp"] = (now - HOUR).into();
            }
            "not-yet-valid" => claims["nbf"] = (now + HOUR).into(),
            _ => {}
        }
        let token = self.token(&claims)?;
        if wrong != "signature" {
            return Ok(token);
        }
        // Flips one bit in the middle.
        let (signed, signature) = token.rsplit_once('.').ok_or("a token without a signature")?;
        let mut signature = URL_SAFE_NO_PAD.decode(signature)?;
        signature[20] ^= 1;
        Ok(format!("{signed}.{}", base64url(&signature)))
    }
}

/// The claims of a token bound to a pod, as an API server writes them. Valid for ten hours.
fn claims(number: usize, now: u64) -> Value {
    json!({
        "aud": [AUDIENCE, "api"], "exp": now + 10 * HOUR, "iat": now, "iss": ISSUER,
        "jti": format!("d40b199b-46cc-4389-93e8-{number:012x}"),
        "kubernetes.io": {
            "namespace": "demo",
            "node": {"name": "node-1", "uid": NODE_UID},
            "pod": {"name": pod_name(number), "uid": pod_uid(number)},
            "serviceaccount": {"name": "app", "uid": ACCOUNT_UID},
        },
        "nbf": now, "sub": "system:serviceaccount:demo:app",
    })
}

fn pod_name(number: usize) -> String {
    format!("app-{number}")
}

fn pod_uid(number: usize) -> String {
    format!("e5bf3f7d-fbca-403d-a58f-{number:012x}")
}

fn as_pkcs8(pair: &impl AsDer<Pkcs8V1Der<'static>>) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok(pair.as_der()?.as_ref().to_vec())
}

fn as_spki(key: &impl AsDer<PublicKeyX509Der<'static>>) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok(key.as_der()?.as_ref().to_vec())
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// PEM with lines of 64 characters (RFC 7468). Not every parser accepts longer lines.
fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for (place, letter) in STANDARD.encode(der).chars().enumerate() {
        if place > 0 && place % 64 == 0 {
            text.push('\n');
        }
        text.push(letter);
    }
    text + &format!("\n-----END {label}-----\n")
}
