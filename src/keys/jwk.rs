//! Reads and writes JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::material::uncompressed_point;
use super::{Algorithm, Curve, Key, KeyError, Material};

/// A JSON Web Key Set as published. Its keys are not checked yet.
#[derive(Deserialize)]
pub(super) struct JwkSet {
    pub(super) keys: Vec<Element>,
}

/// One element of `keys`: a JWK or any other value.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Element {
    Jwk(Box<JwkWithAlg>),
    Other(Value),
}

#[derive(Deserialize)]
pub(super) struct JwkWithAlg {
    // `Jwk` does not know ES512. It refuses duplicates of the members that it knows.
    alg: Option<String>,
    #[serde(flatten)]
    jwk: Jwk,
}

impl Element {
    /// Returns the `kid`, or `None` if it is absent or empty.
    pub(super) fn kid(&self) -> Option<&str> {
        let kid = match self {
            Element::Jwk(key) => key.jwk.common.key_id.as_deref(),
            Element::Other(value) => value.get("kid").and_then(Value::as_str),
        };
        kid.filter(|kid| !kid.is_empty())
    }

    pub(super) fn to_key(&self) -> Result<Key, KeyError> {
        let Element::Jwk(key) = self else {
            return Err(KeyError::MalformedJwk);
        };
        let material = material(&key.jwk.algorithm)?;
        check_purpose(&key.jwk.common)?;
        let algorithm = match &key.alg {
            Some(name) => Algorithm::from_name(name).ok_or(KeyError::UnsupportedAlgorithm)?,
            None => material.default_algorithm(),
        };
        Key::new(self.kid().map(Into::into), algorithm, material)
    }
}

fn check_purpose(common: &CommonParameters) -> Result<(), KeyError> {
    let for_signatures =
        common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    let may_verify =
        common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    if for_signatures && may_verify { Ok(()) } else { Err(KeyError::NotForVerification) }
}

fn material(parameters: &AlgorithmParameters) -> Result<Material, KeyError> {
    match parameters {
        AlgorithmParameters::RSA(rsa) => {
            Material::rsa(&base64url_uint("n", &rsa.n)?, &base64url_uint("e", &rsa.e)?)
        }
        AlgorithmParameters::EllipticCurve(key) => {
            let curve = match key.curve {
                EllipticCurve::P256 => Curve::P256,
                EllipticCurve::P384 => Curve::P384,
                EllipticCurve::P521 => Curve::P521,
                _ => return Err(KeyError::UnsupportedCurve),
            };
            let x = octet_string("x", &key.x, curve.field_bytes())?;
            let y = octet_string("y", &key.y, curve.field_bytes())?;
            Material::point(curve, &uncompressed_point(&x, &y))
        }
        AlgorithmParameters::OctetKeyPair(key) => match key.curve {
            EllipticCurve::Ed25519 => Material::ed25519(&octet_string("x", &key.x, 32)?),
            _ => Err(KeyError::UnsupportedCurve),
        },
        AlgorithmParameters::OctetKey(_) => Err(KeyError::Symmetric),
        // No variant matched: tell an unknown type or curve from a broken key.
        AlgorithmParameters::Other(other) => {
            let text = |member| other.fields.get(member).and_then(Value::as_str);
            Err(match (text("kty"), text("crv")) {
                (Some("oct"), _) => KeyError::Symmetric,
                (Some("RSA"), _) | (Some("EC"), Some("P-256" | "P-384" | "P-521")) => KeyError::MalformedJwk,
                (Some("OKP"), Some("Ed25519")) | (Some("EC" | "OKP") | None, None) => KeyError::MalformedJwk,
                (Some("EC" | "OKP"), Some(_)) => KeyError::UnsupportedCurve,
                (Some(_), _) => KeyError::UnsupportedKeyType,
                (None, Some(_)) => KeyError::MalformedJwk,
            })
        }
        _ => Err(KeyError::UnsupportedKeyType),
    }
}

fn decode(member: &'static str, text: &str) -> Result<Vec<u8>, KeyError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError::NotBase64url { member })
}

/// Decodes a Base64urlUInt (RFC 7518 section 2), without leading zero bytes.
fn base64url_uint(member: &'static str, text: &str) -> Result<Vec<u8>, KeyError> {
    let bytes = decode(member, text)?;
    match bytes.first() {
        None | Some(0) => Err(KeyError::WrongLength { member }),
        Some(_) => Ok(bytes),
    }
}

/// Decodes an octet string of exactly this length, leading zeros included.
fn octet_string(member: &'static str, text: &str, length: usize) -> Result<Vec<u8>, KeyError> {
    let bytes = decode(member, text)?;
    if bytes.len() == length { Ok(bytes) } else { Err(KeyError::WrongLength { member }) }
}

/// A public key as the API server writes it. Members are written in the order of the fields.
#[derive(Serialize)]
pub(super) struct PublicJwk<'a> {
    r#use: &'static str,
    kty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<&'static str>,
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
}

impl<'a> PublicJwk<'a> {
    pub(super) fn new(kid: Option<&'a str>, algorithm: Algorithm, material: &Material) -> Self {
        let bare = |kty| PublicJwk {
            r#use: "sig",
            kty,
            kid,
            crv: None,
            alg: algorithm.name(),
            x: None,
            y: None,
            n: None,
            e: None,
        };
        let encode = |bytes: &[u8]| Some(URL_SAFE_NO_PAD.encode(bytes));
        match material {
            Material::Rsa { modulus, exponent } => {
                PublicJwk { n: encode(modulus), e: encode(exponent), ..bare("RSA") }
            }
            Material::EllipticCurve { curve, x, y } => {
                PublicJwk { crv: Some(curve.name()), x: encode(x), y: encode(y), ..bare("EC") }
            }
            Material::Ed25519(x) => PublicJwk { crv: Some("Ed25519"), x: encode(x), ..bare("OKP") },
        }
    }
}
