"""Authlib with cryptography. The key is loaded once."""

from authlib.jose import JsonWebToken
from authlib.jose.errors import JoseError
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from protocol import serve


def load(issuer, audience, algorithm, pem):
    jwt, key = JsonWebToken([algorithm]), load_pem_public_key(pem)
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
