"""PyJWT with cryptography. The key is loaded once."""

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from protocol import serve


def load(issuer, audience, algorithm, pem):
    key, algorithms, options = load_pem_public_key(pem), [algorithm], {"require": ["exp"]}

    def verify(token):
        try:
            jwt.decode(token, key, algorithms=algorithms, audience=audience, issuer=issuer, options=options)
            return True
        except jwt.InvalidTokenError:
            return False

    return verify


serve("PyJWT", load)
