"""Every verdict on every captured token is that of the Rust library. BOUNDTOKEN_VECTORS names more folders."""

from __future__ import annotations

from functools import partial
from typing import Any

import boundtoken
import pytest
import rust
from boundtoken import ObjectReference, ObjectState, Present, Reason, VerifiedToken


@pytest.fixture(scope="module")
def folders() -> list[rust.Folder]:
    return list(rust.folders())


class Known:
    """Answers what the cluster knew of the objects of one token."""

    STATES = (None, ObjectState.ABSENT, ObjectState.UNAVAILABLE, ObjectState.NOT_FOLLOWED)

    def __init__(self) -> None:
        self.objects: list[dict[str, Any]] = []

    def __call__(self, asked: ObjectReference) -> Present | ObjectState:
        for known in self.objects:
            if (asked.kind, asked.namespace, asked.name) == (known["kind"], known["namespace"], known["name"]):
                return self.STATES[known["state"]] or Present(known["uid"], known["deleted"])
        raise AssertionError(f"Rust did not ask for {asked}")


def test_every_verdict_is_that_of_the_rust_library(folders: list[rust.Folder]) -> None:
    verdicts = {"accepted": 0, "refused": 0}
    for folder in folders:
        known = Known()
        issuer = boundtoken.TrustedIssuer(
            folder.issuers[0],
            boundtoken.KeySet.from_jwks(folder.jwks),
            also_named=folder.issuers[1:],
            bound_objects=known,
        )
        verifier = boundtoken.Verifier(issuers=[issuer], audiences=["of no token"])
        for case in folder.cases:
            known.objects = case.objects
            # The first time, and the second time, when an accepted token takes no signature check.
            first = judge(partial(verifier.verify, case.token, audiences=case.audiences, now=case.now))
            again = judge(partial(verifier.verify, case.token.encode(), audiences=case.audiences, now=case.now))
            place = f"{folder.name}: {case.name}"
            assert first == again, place
            assert first == expected(case.record), place
            verdicts["accepted" if case.record["status"] == 0 else "refused"] += 1
    assert min(verdicts.values()) > 0
    print(verdicts)


def test_two_steps_say_the_same(folders: list[rust.Folder]) -> None:
    for folder in folders:
        issuer = boundtoken.TrustedIssuer(
            folder.issuers[0], boundtoken.KeySet.from_jwks(folder.jwks), also_named=folder.issuers[1:]
        )
        verifier = boundtoken.Verifier(issuers=[issuer], audiences=["of no token"])
        for case in folder.cases:
            known = Known()
            known.objects = case.objects
            verdict = judge(partial(in_two_steps, verifier, case, known))
            assert verdict == expected(case.record), f"{folder.name}: {case.name}"


def in_two_steps(verifier: boundtoken.Verifier, case: rust.Case, known: Known) -> VerifiedToken:
    checked = verifier.check(case.token, audiences=case.audiences, now=case.now)
    return verifier.confirm(checked, known, now=case.now)


def judge(verify: Any) -> dict[str, Any]:
    """Says of a verdict what a record says."""
    try:
        token: VerifiedToken = verify()
    except boundtoken.RejectedError as refusal:
        return {
            "status": refusal.number,
            "http_status": refusal.http_status,
            "name": refusal.name,
            "message": str(refusal),
            "www_authenticate": refusal.challenge,
        }
    objects = (token.pod, token.secret, token.node)
    user = token.user_info
    assert user.username == token.subject
    assert user.groups == token.groups
    return {
        "status": 0,
        "http_status": 200,
        "confirmed": int(token.confirmed),
        "payload": token.claims_json,
        "issuer": token.issuer,
        "issuer_label": token.issuer_label,
        "subject": token.subject,
        "namespace": token.namespace,
        "service_account": (token.service_account.name, token.service_account.uid),
        "jti": token.jti,
        "objects": [(found.name, found.uid) if found else None for found in objects],
        "times": [token.expires_at_seconds, token.issued_at_seconds, token.not_before_seconds],
        "warn_after": token.warn_after and int(token.warn_after.timestamp()),
        "audiences": token.audiences,
        "matched_audiences": token.matched_audiences,
        "groups": token.groups,
        "uid": user.uid,
        "extra": sorted((key, value) for key, values in user.extra.items() for value in values),
        "bound_objects": [(int(of.kind), of.namespace, of.name, of.uid) for of in token.bound_objects],
        "attested_api_groups": token.attested_api_groups,
    }


def expected(record: dict[str, Any]) -> dict[str, Any]:
    """What a record of the Rust library says, in the same words."""
    if record["status"] != 0:
        reason = Reason(record["status"])
        assert record["name"] == reason.stable_name
        assert record["message"].startswith(reason.description)
        assert record["message"].endswith(reason.remedy)
        return {name: record[name] for name in ("status", "http_status", "name", "message", "www_authenticate")}
    kept = (
        "status", "http_status", "confirmed", "payload", "issuer", "issuer_label", "subject", "jti", "audiences",
        "matched_audiences", "groups", "bound_objects", "attested_api_groups",
    )  # fmt: skip
    objects = [(record[f"{kind}_name"], record[f"{kind}_uid"] or "") for kind in ("pod", "secret", "node")]
    times = [record["expires_at"], *(absent_if_negative(record[name]) for name in ("issued_at", "not_before"))]
    return {name: record[name] for name in kept} | {
        "namespace": record["service_account_namespace"],
        "service_account": (record["service_account_name"], record["service_account_uid"]),
        "uid": record["service_account_uid"],
        "objects": [found if found[0] is not None else None for found in objects],
        "times": times,
        "warn_after": absent_if_negative(record["warn_after"]),
        "extra": sorted(record["extra"]),
    }


def absent_if_negative(seconds: int) -> int | None:
    return None if seconds < 0 else seconds
