"""Many threads at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from time import monotonic

import boundtoken
import pytest
from boundtoken import ObjectKind, ObjectReference, ObjectState, Present
from captured import NOW, Captured

THREADS = 8
SECONDS = 2.0


def run_all(works: list[Callable[[], None]]) -> None:
    """Runs each on a thread of its own, over and over. An exception of any of them fails the test."""
    end = monotonic() + SECONDS
    failures: list[BaseException] = []

    def repeat(work: Callable[[], None]) -> None:
        try:
            while monotonic() < end and not failures:
                work()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=repeat, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a thread hangs"
    if failures:
        raise failures[0]


@pytest.mark.filterwarnings("ignore")
def test_keys_and_objects_change_and_look_ups_raise_while_eight_threads_verify(
    captured: Captured, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL", "boundtoken")
    store, keys = captured.store(), boundtoken.KeyStore(captured.keys())
    live = store.look_up(ObjectReference(ObjectKind.POD, "demo", "live"))
    assert isinstance(live, Present)
    good, nothing = captured.keys(), boundtoken.KeySet.from_jwks('{"keys": []}')
    asked = Counter[str]()

    def look_up(reference: ObjectReference) -> Present | ObjectState:
        asked["all"] += 1
        if asked["all"] % 7 == 0:
            raise RuntimeError("the look-up fails")
        return store.look_up(reference)

    by_store = captured.verifier(store, keys)
    by_function = captured.verifier(look_up, keys, cached_tokens=16)
    forged = token[:-8] + "AAAAAAAA"
    seen = Counter[str]()

    def verify(verifier: boundtoken.Verifier, of: str) -> None:
        try:
            assert verifier.verify(of, now=NOW).subject == "system:serviceaccount:demo:app"
            assert of is token
            seen["accepted"] += 1
        except boundtoken.RejectedError as refusal:
            seen[refusal.name] += 1

    def change() -> None:
        keys.replace(nothing)
        store.delete(ObjectKind.POD, "demo", "live")
        keys.replace(good)
        store.upsert(ObjectKind.POD, "demo", "live", live.uid)

    works: list[Callable[[], None]] = [change]
    works += [lambda: verify(by_store, token)] * 3 + [lambda: verify(by_function, token)] * 3
    works += [lambda: verify(by_function, forged)]
    assert len(works) == THREADS
    run_all(works)
    names = {"accepted", "key_unknown", "pod_not_found", "bound_object_unavailable", "signature_invalid"}
    assert names <= seen.keys(), seen
    assert by_store.verify(token, now=NOW)


def test_a_verifier_is_closed_while_it_is_in_use(captured: Captured, token: str) -> None:
    entered, proceed = threading.Event(), threading.Event()
    store = captured.store()

    def look_up(reference: ObjectReference) -> Present | ObjectState:
        entered.set()
        assert proceed.wait(60)
        return store.look_up(reference)

    verifier = captured.verifier(look_up)
    accepted: list[boundtoken.VerifiedToken] = []
    thread = threading.Thread(target=lambda: accepted.append(verifier.verify(token, now=NOW)))
    thread.start()
    assert entered.wait(60)
    verifier.close()
    with pytest.raises(boundtoken.ClosedError):
        verifier.verify(token)
    proceed.set()
    thread.join(60)
    # The call that was running finishes.
    assert [caller.subject for caller in accepted] == ["system:serviceaccount:demo:app"]


def test_verifiers_come_and_go_while_eight_threads_use_them(captured: Captured, token: str) -> None:
    current = [captured.verifier()]
    seen = Counter[str]()

    def replace() -> None:
        before, current[0] = current[0], captured.verifier()
        before.close()

    def verify() -> None:
        try:
            assert current[0].verify(token, now=NOW)
            seen["accepted"] += 1
        except boundtoken.ClosedError:
            seen["closed"] += 1

    run_all([replace] + [verify] * (THREADS - 1))
    assert seen["accepted"] > 0


def test_other_threads_run_while_a_signature_is_checked(captured: Captured, token: str) -> None:
    """A thread that checks signatures all the time leaves the GIL to others."""
    verifier = captured.verifier(cached_tokens=0)
    counted = Counter[str]()

    def check() -> None:
        verifier.verify(token, now=NOW)
        counted["checked"] += 1

    def count() -> None:
        counted["counted"] += 1

    run_all([check, check, count])
    assert counted["checked"] > 0
    assert counted["counted"] > 0
