"""Memory stays where it is. BOUNDTOKEN_VERIFICATIONS says how often to verify: `make test-python-memory` says ten million."""

from __future__ import annotations

import os
from pathlib import Path

import boundtoken
import pytest
from boundtoken import ObjectKind
from captured import NOW, Captured
from not_tested import not_tested

VERIFICATIONS = int(os.environ.get("BOUNDTOKEN_VERIFICATIONS", "1000000"))
#: What Python's allocator and threads may add, in bytes. A leak of a byte in each verification is larger.
SLACK = 1_000_000 + VERIFICATIONS // 10


def resident() -> int:
    """The memory of this process, in bytes."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        not_tested("whether memory is stable", "run the tests on Linux")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def verify_all_ways(captured: Captured, token: str, rounds: int) -> None:
    """A round is ten verifications: seen again, of the first time, refused, with a look-up, and with audiences."""
    store = captured.store()
    by_store, by_function = captured.verifier(store), captured.verifier(store.look_up)
    uncached = captured.verifier(store, cached_tokens=0)
    for number in range(rounds):
        for _ in range(5):
            assert by_store.verify(token, now=NOW).pod is not None
        assert by_function.verify(token, audiences=["vault"], now=NOW).user_info.groups
        for verifier, wrong in ((by_store, token[:50]), (by_function, "x.y.z"), (by_store, "")):
            with pytest.raises(boundtoken.RejectedError) as refused:
                verifier.verify(wrong, now=NOW)
            assert refused.value.challenge
        if number % 10 == 0:
            assert uncached.verify(token.encode(), now=NOW).claims
            store.upsert(ObjectKind.NODE, "", f"node-{number % 100}", "1")
        else:
            assert by_store.verify_cached(token, now=NOW) is not None


@pytest.mark.timeout(3600)
def test_memory_is_stable(captured: Captured, token: str) -> None:
    verify_all_ways(captured, token, 5_000)
    before = resident()
    verify_all_ways(captured, token, VERIFICATIONS // 10)
    grown = resident() - before
    print(f"{VERIFICATIONS} verifications: {grown} bytes more")
    assert grown < SLACK
