"""boundtoken for Python: the package as a service uses it, with the objects in a store."""

import sys
from pathlib import Path

import boundtoken
from protocol import serve

folder, is_again = Path(sys.argv[1]), sys.argv[2] == "again"
objects = boundtoken.ObjectStore.from_json((folder / "objects.json").read_bytes())


def load(issuer, audience, algorithm, pem):
    # The tokens name the keys of the key set.
    keys = boundtoken.KeySet.from_jwks((folder / algorithm / "jwks.json").read_bytes())
    trusted = boundtoken.TrustedIssuer(issuer, keys, bound_objects=objects)
    options = {} if is_again else {"cached_tokens": 0}
    verifier = boundtoken.Verifier(issuers=[trusted], audiences=[audience], **options)

    def verify(token):
        try:
            verifier.verify(token)
            return True
        except boundtoken.RejectedError:
            return False

    return verify


serve("boundtoken", load)
