"""Callers of services: tokens of a development server, and verifiers whose objects a test can change."""

from __future__ import annotations

import json
from typing import Any

import boundtoken
from servers import ApiServer

SUBJECT = "system:serviceaccount:demo:app"


class Callers:
    """A caller with the pod app-0, and what services know of it."""

    def __init__(self, server: ApiServer) -> None:
        self._issuer = str(server.call("GET", "/.well-known/openid-configuration")["issuer"])
        self._keys = boundtoken.KeySet.from_jwks(json.dumps(server.call("GET", "/openid/v1/jwks")))
        paths = {"pods": "/api/v1/pods", "serviceaccounts": "/api/v1/serviceaccounts"}
        self._objects = json.dumps({name: server.call("GET", path)["items"] for name, path in paths.items()})
        self.store = boundtoken.ObjectStore.from_json(self._objects)
        self.token = server.token("app-0")
        self.for_another = server.token("app-0", audience="other")
        self.verifier = self.verifier_of(self.store)

    def verifier_of(self, bound_objects: Any, **options: Any) -> boundtoken.Verifier:
        """A verifier that looks objects up here."""
        issuer = boundtoken.TrustedIssuer(self._issuer, self._keys, bound_objects=bound_objects)
        return boundtoken.Verifier(issuers=[issuer], audiences=["vault"], **options)

    def out_of_touch(self) -> boundtoken.Verifier:
        """A verifier that cannot decide, because its watch has told nothing yet."""
        store, _ = boundtoken.ObjectStore.following([boundtoken.ObjectKind.POD], max_staleness_seconds=60)
        return self.verifier_of(store)

    def restore(self) -> None:
        """Undoes what a test has deleted."""
        self.store.replace_json(self._objects)

    def delete_pod(self) -> None:
        """The pod of the caller is gone."""
        assert self.store.delete(boundtoken.ObjectKind.POD, "demo", "app-0")

    @property
    def secret(self) -> str:
        """A part of the token that nobody may show."""
        return self.token[-40:]
