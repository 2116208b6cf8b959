"""Tokens, keys and objects of a real API server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import boundtoken
from rust import VECTORS

ISSUER = "https://kubernetes.default.svc.cluster.local"
#: When the captured tokens are valid.
NOW = 1_795_522_300


@dataclass(frozen=True)
class Captured:
    """Tokens, keys and objects of a real API server."""

    jwks: str
    tokens: dict[str, str]
    objects: dict[str, Any]

    def store(self, tag: str = "before") -> boundtoken.ObjectStore:
        return boundtoken.ObjectStore.from_json(json.dumps(self.objects[tag]))

    def keys(self) -> boundtoken.KeySet:
        return boundtoken.KeySet.from_jwks(self.jwks)

    def verifier(self, bound_objects: Any = None, keys: Any = None, **options: Any) -> boundtoken.Verifier:
        issuer = boundtoken.TrustedIssuer(ISSUER, keys or self.keys(), bound_objects=bound_objects)
        return boundtoken.Verifier(issuers=[issuer], audiences=["vault"], **options)


def read() -> Captured:
    """Reads them."""
    folder = VECTORS / "apiserver-rs256"
    jwks, tokens, objects = ((folder / name).read_text() for name in ("jwks.json", "tokens.json", "objects.json"))
    return Captured(jwks, json.loads(tokens), json.loads(objects))
