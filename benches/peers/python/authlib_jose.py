"""Authlib with cryptography. The key is loaded once."""

import warnings

# It is to be replaced by another package in its next version, of which it warns.
warnings.simplefilter("ignore")

from authlib.jose import JsonWebKey, JsonWebToken
from authlib.jose.errors import JoseError

from protocol import serve

TYPES = {"RS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}


def load(issuer, audience, algorithm, pem):
    jwt, key = JsonWebToken([algorithm]), JsonWebKey.import_key(pem, {"kty": TYPES[algorithm]})
    options = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": audience},
        "exp": {"essential": True},
    }

    def verify(token):
        try:
            jwt.decode(token, key, claims_options=options).validate()
            return True
        except (JoseError, ValueError):
            return False

    return verify


serve("Authlib", load)
