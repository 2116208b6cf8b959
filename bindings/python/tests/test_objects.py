"""Objects in memory."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import boundtoken
import pytest
from boundtoken import Confirmed, ObjectKind, ObjectReference, ObjectState, Present, Reason
from captured import NOW, Captured

POD = ObjectReference(ObjectKind.POD, "demo", "live")
NODE = {"metadata": {"name": "node-1", "uid": "1"}}


def test_objects_come_and_go() -> None:
    store = boundtoken.ObjectStore()
    assert store.look_up(POD) == ObjectState.ABSENT
    store.upsert(ObjectKind.POD, "demo", "live", "1", deletion_timestamp=datetime(2026, 1, 1, tzinfo=timezone.utc))
    assert store.look_up(POD) == Present("1", 1_767_225_600)
    assert len(store) == 1
    assert store.delete(ObjectKind.POD, "demo", "live")
    assert not store.delete(ObjectKind.POD, "demo", "live")
    assert not store.is_stale


def test_documents_are_loaded_and_replaced_at_once() -> None:
    store = boundtoken.ObjectStore.from_json(json.dumps({"nodes": [NODE]}))
    assert store.load_json(json.dumps([{**NODE, "kind": "Node", "metadata": {"name": "node-2", "uid": "2"}}])) == 1
    assert len(store) == 2
    with pytest.raises(boundtoken.ObjectsError):
        store.replace_json('{"nodes": [{"metadata": {"name": "without-uid"}}]}')
    assert len(store) == 2
    assert store.replace_json(json.dumps({"nodes": [NODE]}).encode()) == 1
    assert store.look_up(ObjectReference(ObjectKind.NODE, "", "node-2")) == ObjectState.ABSENT
    store.replace(boundtoken.ObjectStore())
    assert len(store) == 0


def test_a_store_that_follows_knows_how_old_it_is(captured: Captured, token: str) -> None:
    known = captured.store()
    kinds: list[ObjectKind | tuple[ObjectKind, str]] = [ObjectKind.SERVICE_ACCOUNT, (ObjectKind.POD, "demo")]
    store, (accounts, pods) = boundtoken.ObjectStore.following(kinds, max_staleness_seconds=60)
    verifier = captured.verifier(store)
    assert store.is_stale
    with pytest.raises(boundtoken.BoundObjectsError) as refused:
        verifier.verify(token, now=NOW)
    assert refused.value.reason == Reason.BOUND_OBJECT_UNAVAILABLE

    account = known.look_up(ObjectReference(ObjectKind.SERVICE_ACCOUNT, "demo", "app"))
    pod = known.look_up(POD)
    assert isinstance(account, Present)
    assert isinstance(pod, Present)
    accounts.replace([("demo", "app", account.uid, None)], age_seconds=1)
    pods.replace([("demo", "live", pod.uid, None)])
    assert not store.is_stale
    assert verifier.verify(token, now=NOW).confirmed == Confirmed.LIVE

    pods.delete("demo", "live", pod.uid)
    with pytest.raises(boundtoken.BoundObjectsError) as refused:
        verifier.verify(token, now=NOW)
    assert refused.value.reason == Reason.POD_NOT_FOUND
    pods.upsert("demo", "live", pod.uid, deletion_timestamp=NOW)
    assert verifier.verify(token, now=NOW)
    pods.prove(age_seconds=0.5)
    assert store.look_up(ObjectReference(ObjectKind.NODE, "", "node-1")) == ObjectState.NOT_FOLLOWED


def test_references_are_values() -> None:
    assert ObjectReference(ObjectKind.POD, "demo", "live") == POD
    assert ObjectReference(ObjectKind.SECRET, "demo", "live") != POD
    assert len({POD, ObjectReference(ObjectKind.POD, "demo", "live")}) == 1
    assert (str(POD), repr(POD)) == ("Pod demo/live", "<ObjectReference Pod demo/live>")
    with pytest.raises(ValueError, match="9 is no ObjectKind"):
        ObjectReference(9, "demo", "live")  # type: ignore[arg-type]
