"""Building verifiers, verifying, and what comes of it."""

from __future__ import annotations

import copy
import json
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boundtoken
import pytest
from boundtoken import (
    Confirmed,
    FastRsaState,
    ObjectKind,
    ObjectReference,
    ObjectState,
    OnUnavailable,
    Present,
    Reason,
)
from captured import ISSUER, NOW, Captured
from not_tested import not_tested

POD = ObjectReference(ObjectKind.POD, "demo", "live")


def test_a_token_says_who_calls(captured: Captured, token: str) -> None:
    caller = captured.verifier(captured.store()).verify(token, now=NOW)
    assert (caller.subject, caller.namespace) == ("system:serviceaccount:demo:app", "demo")
    assert (caller.service_account.kind, caller.service_account.name) == (ObjectKind.SERVICE_ACCOUNT, "app")
    assert caller.pod is not None
    assert caller.pod.reference == POD
    assert caller.node is not None
    assert caller.secret is None
    assert (caller.confirmed, caller.issuer, caller.issuer_label) == (Confirmed.LIVE, ISSUER, ISSUER)
    assert (caller.audiences, caller.matched_audiences) == (("vault", "api"), ("vault",))
    assert caller.expires_at == datetime.fromtimestamp(caller.expires_at_seconds, timezone.utc)
    assert caller.issued_at is not None
    assert caller.expires_at - caller.issued_at == timedelta(hours=1)
    assert caller.claims["kubernetes.io"]["namespace"] == "demo"
    assert caller.claims == json.loads(caller.claims_json)
    assert json.loads(caller.to_json())["user"] == caller.user_info.to_dict()
    assert caller.user_info.extra["authentication.kubernetes.io/pod-name"] == ("live",)


def test_bytes_and_times_are_taken_as_they_come(captured: Captured, token: str) -> None:
    verifier = captured.verifier()
    when = datetime.fromtimestamp(NOW, timezone(timedelta(hours=2)))
    assert verifier.verify(token.encode(), now=when).subject == verifier.verify(token, now=NOW).subject
    with pytest.raises(ValueError, match="time zone"):
        verifier.verify(token, now=datetime.fromtimestamp(NOW))
    with pytest.raises(TypeError, match="token must be str or bytes"):
        verifier.verify(bytearray(token.encode()))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not valid Unicode") as refused:
        verifier.verify(token + "\ud800")
    assert token not in repr(refused.value.args)


def test_a_refusal_says_why_and_what_to_do(captured: Captured, token: str) -> None:
    store = captured.store()
    verifier = captured.verifier(store)
    assert verifier.verify(token, now=NOW).confirmed == Confirmed.LIVE
    store.delete(ObjectKind.POD, "demo", "live")
    with pytest.raises(boundtoken.BoundObjectsError, match="Pod demo/live") as refused:
        verifier.verify(token, now=NOW)
    refusal = refused.value
    assert (refusal.reason, refusal.number, refusal.name) == (Reason.POD_NOT_FOUND, 521, "pod_not_found")
    assert refusal.http_status == 401
    assert refusal.remedy in str(refusal)
    assert refusal.challenge.startswith('Bearer error="invalid_token"')
    # A refusal may cross to another process. It contains no token.
    assert str(pickle.loads(pickle.dumps(refusal))) == str(refusal)


@pytest.mark.parametrize(
    ("change", "error", "reason"),
    [
        (lambda token: "", boundtoken.TokenError, Reason.TOKEN_EMPTY),
        (lambda token: "x" * 20_000, boundtoken.TokenError, Reason.TOKEN_TOO_LARGE),
        (lambda token: "e30." + token.split(".", 1)[1], boundtoken.HeaderError, Reason.ALGORITHM_MISSING),
        (lambda token: token[:-8] + "AAAAAAAA", boundtoken.SignatureError, Reason.SIGNATURE_INVALID),
    ],
)
def test_each_family_has_its_class(
    captured: Captured, token: str, change: Callable[[str], str], error: type[boundtoken.RejectedError], reason: Reason
) -> None:
    with pytest.raises(error) as refused:
        captured.verifier().verify(change(token), now=NOW)
    assert refused.value.reason == reason


def test_audiences_of_a_call_replace_those_of_the_verifier(captured: Captured, token: str) -> None:
    verifier = captured.verifier()
    assert verifier.verify(token, audiences=["other", "api"], now=NOW).matched_audiences == ("api",)
    for audiences in (["other"], []):
        with pytest.raises(boundtoken.ClaimsError) as refused:
            verifier.verify(token, audiences=audiences, now=NOW)
        assert refused.value.reason == Reason.AUDIENCE_MISMATCH
    with pytest.raises(TypeError):
        verifier.verify(token, audiences="vault", now=NOW)


def test_what_was_accepted_takes_no_signature_check(captured: Captured, token: str) -> None:
    verifier = captured.verifier()
    assert verifier.verify_cached(token, now=NOW) is None
    accepted = verifier.verify(token, now=NOW)
    again = verifier.verify_cached(token, now=NOW)
    assert again is not None
    assert again.subject == accepted.subject
    with pytest.raises(boundtoken.TokenError):
        verifier.verify_cached("x")
    numbers = verifier.statistics()
    assert (numbers.accepted_first, numbers.accepted_again, numbers.refused_for_form) == (1, 1, 1)
    assert numbers.to_dict()["remembered_tokens"] == 1


def test_the_fast_path_for_rs256_is_on_where_the_cpu_has_it(captured: Captured, token: str) -> None:
    cpu = Path("/proc/cpuinfo")
    if not cpu.exists():
        not_tested("whether the fast path for RS256 is on where the CPU has it", "run the tests on Linux")
    verifier = captured.verifier()
    verifier.verify(token, now=NOW)
    numbers = verifier.statistics()
    assert (numbers.fast_rsa_state == FastRsaState.ON) == ("avx512ifma" in cpu.read_text())
    assert numbers.fast_rsa_keys == (1 if numbers.fast_rsa_state == FastRsaState.ON else 0)
    assert (numbers.fast_rsa_keys_refused, numbers.fast_rsa_disagreements) == (0, 0)
    assert numbers.to_dict()["fast_rsa_state"] is numbers.fast_rsa_state


def test_the_environment_turns_the_fast_path_for_rs256_off(captured: Captured) -> None:
    program = (
        "import boundtoken, sys; keys = boundtoken.KeySet.from_jwks(sys.stdin.read()); "
        "issuers = [boundtoken.TrustedIssuer('https://issuer', keys)]; "
        "verifier = boundtoken.Verifier(issuers=issuers, audiences=['vault']); "
        "print(verifier.statistics().fast_rsa_state.name)"
    )
    environment = {**os.environ, "BOUNDTOKEN_FAST_RSA": "off"}
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, input=captured.jwks, env=environment, capture_output=True, check=True, text=True)
    assert said.stdout.strip() == "TURNED_OFF"


def test_leeway_and_expiry(captured: Captured, token: str) -> None:
    end = captured.verifier().verify(token, now=NOW).expires_at_seconds
    assert captured.verifier().verify(token, now=end + 59)
    with pytest.raises(boundtoken.ClaimsError) as refused:
        captured.verifier(leeway_seconds=0).verify(token, now=end)
    assert refused.value.reason == Reason.EXPIRED


def test_a_batch_keeps_the_order(captured: Captured, token: str) -> None:
    verifier = captured.verifier()
    verdicts = verifier.verify_batch([token, "x", token.encode()] * 50, threads=4, now=NOW)
    assert len(verdicts) == 150
    for place, verdict in enumerate(verdicts):
        assert isinstance(verdict, boundtoken.TokenError if place % 3 == 1 else boundtoken.VerifiedToken)


def test_an_accepted_token_is_judged_again_without_its_bytes(captured: Captured, token: str) -> None:
    store = captured.store()
    verifier = captured.verifier(store)
    caller = verifier.verify(token, now=NOW)
    assert verifier.verify_again(caller, now=NOW).confirmed == Confirmed.LIVE
    store.delete(ObjectKind.POD, "demo", "live")
    with pytest.raises(boundtoken.BoundObjectsError):
        verifier.verify_again(caller, now=NOW)


def test_keys_are_replaced_while_verifiers_use_them(captured: Captured, token: str) -> None:
    keys = boundtoken.KeyStore(captured.keys(), max_age_seconds=3_600)
    verifier = captured.verifier(keys=keys)
    assert verifier.verify(token, now=NOW)
    keys.replace(boundtoken.KeySet.from_jwks('{"keys": []}'))
    assert len(keys.keys) == 0
    with pytest.raises(boundtoken.SignatureError) as refused:
        verifier.verify(token, now=NOW)
    assert refused.value.reason == Reason.KEY_UNKNOWN
    keys.replace(captured.keys())
    assert verifier.verify(token, now=NOW)
    assert not keys.is_stale
    keys.renew()


def test_keys_that_are_too_old_are_not_trusted(captured: Captured, token: str) -> None:
    keys = boundtoken.KeyStore(captured.keys(), max_age_seconds=0)
    with pytest.raises(boundtoken.SignatureError) as refused:
        captured.verifier(keys=keys).verify(token, now=NOW)
    assert (refused.value.reason, refused.value.http_status) == (Reason.KEYS_STALE, 503)


def test_documents_of_keys(captured: Captured) -> None:
    keys = captured.keys()
    assert len(keys) == len(keys.kids) == 1
    mixed = json.loads(captured.jwks)
    mixed["keys"].append({"kty": "oct", "kid": "symmetric", "k": "c2VjcmV0"})
    skipped = boundtoken.KeySet.from_jwks(json.dumps(mixed).encode()).skipped
    assert [(key.index, key.kid) for key in skipped] == [(1, "symmetric")]
    assert "symmetric" in skipped[0].reason
    pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"
    assert len(boundtoken.KeySet.from_pem(pem)) == 1
    for read, document in ((boundtoken.KeySet.from_jwks, "[]"), (boundtoken.KeySet.from_pem, "no key")):
        with pytest.raises(boundtoken.KeySetError):
            read(document)


def test_mistakes_show_when_a_verifier_is_built(captured: Captured) -> None:
    keys = captured.keys()
    issuer = boundtoken.TrustedIssuer(ISSUER, keys)
    without_keys = boundtoken.TrustedIssuer(ISSUER, boundtoken.KeySet.from_jwks('{"keys": []}'))
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({"issuers": [], "audiences": ["vault"]}, "no issuer"),
        ({"issuers": [issuer], "audiences": []}, "no audience"),
        ({"issuers": [issuer, issuer], "audiences": ["vault"]}, "labelled"),
        ({"issuers": [issuer], "audiences": ["vault"], "leeway_seconds": 4_000}, "leeway"),
        ({"issuers": [issuer], "audiences": ["vault"], "max_token_size": 0}, "size limit"),
        ({"issuers": [boundtoken.TrustedIssuer("", keys)], "audiences": ["vault"]}, "name is empty"),
        ({"issuers": [without_keys], "audiences": ["vault"]}, "no usable key"),
    ]
    for arguments, message in mistakes:
        with pytest.raises(boundtoken.ConfigurationError, match=message):
            boundtoken.Verifier(**arguments)
    with pytest.raises(TypeError):
        boundtoken.Verifier([issuer], ["vault"])  # type: ignore[call-arg]


def test_clusters_of_one_name_are_told_apart_by_their_keys(captured: Captured, token: str) -> None:
    other = boundtoken.KeySet.from_jwks(
        '{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "o", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}'
    )
    blue = boundtoken.TrustedIssuer(ISSUER, captured.keys(), label="blue", also_named=["https://old.example.com"])
    green = boundtoken.TrustedIssuer(ISSUER, other, label="green")
    verifier = boundtoken.Verifier(issuers=[green, blue], audiences=["vault"])
    assert verifier.verify(token, now=NOW).issuer_label == blue.label == "blue"


def test_a_function_looks_objects_up(captured: Captured, token: str, caplog: pytest.LogCaptureFixture) -> None:
    store = captured.store()
    asked: list[ObjectReference] = []
    answer: Callable[[ObjectReference], Any] = store.look_up

    def look_up(reference: ObjectReference) -> Any:
        asked.append(reference)
        return answer(reference)

    verifier = captured.verifier(look_up)
    assert verifier.verify(token, now=NOW).confirmed == Confirmed.LIVE
    assert POD in asked
    outcomes: list[tuple[Callable[[ObjectReference], Any], Reason]] = [
        (lambda _: ObjectState.ABSENT, Reason.SERVICE_ACCOUNT_NOT_FOUND),
        (lambda _: ObjectState.UNAVAILABLE, Reason.BOUND_OBJECT_UNAVAILABLE),
        (lambda _: ObjectState.NOT_FOLLOWED, Reason.BOUND_OBJECT_NOT_FOLLOWED),
        (lambda _: Present("another"), Reason.SERVICE_ACCOUNT_UID_MISMATCH),
        (lambda known: store.look_up(known)._replace(deletion_timestamp=NOW - 60), Reason.SERVICE_ACCOUNT_DELETED),  # type: ignore[union-attr]
        (lambda _: 1 / 0, Reason.BOUND_OBJECT_UNAVAILABLE),
        (lambda _: None, Reason.BOUND_OBJECT_UNAVAILABLE),
        (lambda _: ObjectState.PRESENT, Reason.BOUND_OBJECT_UNAVAILABLE),
        (lambda _: Present(7), Reason.BOUND_OBJECT_UNAVAILABLE),  # type: ignore[arg-type]
    ]
    for answer, reason in outcomes:
        caplog.clear()
        with pytest.raises(boundtoken.BoundObjectsError) as refused:
            verifier.verify(token, now=NOW)
        assert refused.value.reason == reason
        is_failure = reason == Reason.BOUND_OBJECT_UNAVAILABLE and answer is not outcomes[1][0]
        assert len(caplog.records) == is_failure, reason
        for record in caplog.records:
            assert (record.name, record.levelno) == ("boundtoken", logging.ERROR)
            assert record.exc_info is not None
            assert token not in caplog.text


def test_an_interruption_is_not_swallowed(captured: Captured, token: str) -> None:
    def look_up(_: ObjectReference) -> ObjectState:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        captured.verifier(look_up).verify(token, now=NOW)


def test_what_cannot_be_looked_up_can_be_accepted(captured: Captured, token: str) -> None:
    verifier = captured.verifier(lambda _: ObjectState.UNAVAILABLE, on_unavailable=OnUnavailable.ACCEPT)
    assert verifier.verify(token, now=NOW).confirmed == Confirmed.UNAVAILABLE


def test_two_steps_for_look_ups_that_wait(captured: Captured, token: str) -> None:
    store, verifier = captured.store(), captured.verifier()
    checked = verifier.check(token, now=NOW)
    answers = {bound.reference: store.look_up(bound.reference) for bound in checked.bound_objects}
    assert POD in answers
    assert verifier.confirm(checked, answers, now=NOW).confirmed == Confirmed.LIVE
    assert verifier.confirm(checked, store.look_up, now=NOW).confirmed == Confirmed.LIVE
    with pytest.raises(boundtoken.BoundObjectsError) as refused:
        verifier.confirm(checked, {}, now=NOW)
    assert refused.value.reason == Reason.BOUND_OBJECT_UNAVAILABLE
    with pytest.raises(boundtoken.ClaimsError) as refused_by_other:
        captured.verifier().confirm(checked, answers, now=NOW)
    assert refused_by_other.value.reason == Reason.VERIFIER_MISMATCH
    with pytest.raises(boundtoken.SignatureError):
        verifier.check(token[:-8] + "AAAAAAAA", now=NOW)


def test_results_are_immutable_and_stay_in_their_process(captured: Captured, token: str) -> None:
    verifier = captured.verifier(captured.store())
    caller = verifier.verify(token, now=NOW)
    kept: list[Any] = [verifier, caller, caller.user_info, caller.pod, verifier.check(token, now=NOW)]
    for value in kept:
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(value)
        with pytest.raises(TypeError):
            copy.deepcopy(value)
        with pytest.raises(AttributeError):
            value.subject = "other"
    signature = token.rsplit(".", 1)[1]
    for value in [*kept, captured.keys(), captured.store(), verifier.statistics(), POD]:
        assert token not in repr(value)
        assert signature not in repr(value)
    assert repr(caller).startswith("<VerifiedToken system:serviceaccount:demo:app of ")


def test_a_verifier_is_closed(captured: Captured, token: str) -> None:
    with captured.verifier() as verifier:
        caller = verifier.verify(token, now=NOW)
    verifier.close()
    calls: list[Callable[[], Any]] = [
        lambda: verifier.verify(token),
        lambda: verifier.verify_cached(token),
        lambda: verifier.verify_batch([token]),
        lambda: verifier.verify_again(caller),
        lambda: verifier.verify_online(token),
        lambda: verifier.check(token),
        verifier.statistics,
    ]
    for call in calls:
        with pytest.raises(boundtoken.ClosedError):
            call()
    assert caller.subject == "system:serviceaccount:demo:app"
