"""Clusters, against a development server."""

from __future__ import annotations

import asyncio
import json
import pickle
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boundtoken
import pytest
from boundtoken import Change, Confirmed, ObjectKind, Reason
from servers import DevServer


def connect(server: DevServer, **options: Any) -> boundtoken.Cluster:
    return boundtoken.Cluster.connect(kubeconfig=server.kubeconfig, **{"deadline_seconds": 30, **options})


def verifier_of(cluster: boundtoken.Cluster) -> boundtoken.Verifier:
    return boundtoken.Verifier(issuers=[cluster], audiences=["vault"])


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Waits until something is so. Nothing here takes long, but the machine may be busy."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def test_a_token_is_refused_soon_after_its_pod_is_deleted(server: DevServer) -> None:
    server.create_pod("short-lived")
    token = server.token("short-lived")
    with connect(server) as cluster:
        verifier = verifier_of(cluster)
        caller = verifier.verify(token)
        assert (caller.confirmed, caller.issuer_label) == (Confirmed.LIVE, cluster.issuer)
        server.delete_pod("short-lived")

        def is_refused() -> bool:
            try:
                verifier.verify(token)
            except boundtoken.BoundObjectsError as refusal:
                return refusal.reason == Reason.POD_NOT_FOUND
            return False

        eventually(is_refused, "the deletion is not noticed")


def test_a_cluster_says_how_it_is(server: DevServer) -> None:
    cluster = connect(server, label="blue", secrets=True, namespaces=["demo"])
    assert (cluster.label, repr(cluster), cluster.is_stale) == ("blue", "<Cluster blue>", False)
    assert verifier_of(cluster).verify(server.token("app-0")).issuer_label == "blue"
    status = cluster.status()
    assert (status.issuer, status.stale, status.keys_stale, status.keys_withdrawn) == (cluster.issuer, False, False, False)
    assert len(status.key_ids) == 1
    assert status.keys_failure is None
    assert status.keys_loaded_at.utcoffset() is not None
    pods = next(watch for watch in status.watches if watch.kind == ObjectKind.POD)
    assert (pods.namespace, pods.in_step, pods.failure, pods.reconnects) == ("demo", True, None, 0)
    assert pods.objects >= 1
    assert json.loads(status.to_json())["watches"][0]["inStep"] is True
    assert ObjectKind.SECRET in {watch.kind for watch in status.watches}
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(cluster)

    cluster.close()
    cluster.close()
    assert cluster.is_stale
    for call in (cluster.status, cluster.changes, lambda: verifier_of(cluster)):
        with pytest.raises(boundtoken.ClosedError):
            call()


def test_what_is_wrong_with_a_connection(server: DevServer, tmp_path: Path) -> None:
    with pytest.raises(boundtoken.ConfigurationError):
        boundtoken.Cluster.connect(kubeconfig=tmp_path / "absent")
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({"namespaces": []}, "leave it out"),
        ({"namespaces": ["../demo"]}, "cannot be the name"),
        ({"max_staleness_seconds": 0}, "above 0"),
        ({"in_cluster": True}, "no choice"),
    ]
    for options, message in mistakes:
        with pytest.raises(boundtoken.ConfigurationError, match=message):
            connect(server, **options)

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"https://127.0.0.1:{unused.getsockname()[1]}"
        elsewhere = tmp_path / "elsewhere"
        elsewhere.write_text(server.kubeconfig.read_text().replace(server.url, address))
        with pytest.raises(boundtoken.ClusterUnreachableError):
            boundtoken.Cluster.connect(kubeconfig=elsewhere, deadline_seconds=0.5)
    stranger = tmp_path / "stranger"
    stranger.write_text(server.kubeconfig.read_text().replace(server.admin, "of-nobody"))
    with pytest.raises(boundtoken.ClusterForbiddenError):
        boundtoken.Cluster.connect(kubeconfig=stranger, deadline_seconds=30)


def test_changes_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "boundtoken")
    server = DevServer(tmp_path)
    cluster = connect(server, max_staleness_seconds=1.0)
    changes = cluster.changes()
    assert changes.next(timeout_seconds=0) is None
    server.stop()
    seen: list[boundtoken.ClusterChange] = []
    for change in changes:
        seen.append(change)
        if change.change == Change.STALE:
            break
    lost = next(change for change in seen if change.change == Change.LOST)
    assert lost.failure
    assert lost.kind is not None
    assert (lost.namespace, lost.kid) == (None, None)
    assert repr(lost).startswith("<ClusterChange LOST ")
    assert cluster.is_stale
    eventually(lambda: any(record.name.startswith("boundtoken.kubernetes") for record in caplog.records), "no log")
    cluster.close()
    # What was told before is still there, and then it ends.
    assert all(isinstance(change, boundtoken.ClusterChange) for change in changes)
    with pytest.raises(boundtoken.ClosedError):
        changes.next(timeout_seconds=60)


def test_changes_are_awaited(tmp_path: Path) -> None:
    server = DevServer(tmp_path)

    async def follow() -> set[Change]:
        seen: set[Change] = set()
        cluster = await boundtoken.Cluster.connect_async(kubeconfig=server.kubeconfig, max_staleness_seconds=1.0)
        with cluster:
            changes = cluster.changes()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(anext(changes), 0.05)
            server.stop()
            async for change in changes:
                seen.add(change.change)
                if change.change == Change.STALE:
                    cluster.close()
        return seen

    assert {Change.LOST, Change.STALE} <= asyncio.run(asyncio.wait_for(follow(), 60))


def test_an_event_loop_awaits_verdicts(server: DevServer) -> None:
    async def verify() -> None:
        with await boundtoken.Cluster.connect_async(kubeconfig=server.kubeconfig) as cluster:
            verifier = verifier_of(cluster)
            token = server.token("app-0")
            for _ in range(2):
                assert (await verifier.verify_async(token)).confirmed == Confirmed.LIVE
            with pytest.raises(boundtoken.ClaimsError):
                await verifier.verify_async(token, audiences=["other"])
            with pytest.raises(boundtoken.TokenError):
                await verifier.verify_async("x")
            # Its pod may not have been heard of yet. Then the API server is asked.
            for number in range(10):
                server.create_pod(f"async-{number}")
                caller = await verifier.verify_async(server.token(f"async-{number}"), audiences=["vault"])
                assert caller.confirmed == Confirmed.LIVE

    asyncio.run(asyncio.wait_for(verify(), 60))
    with pytest.raises(RuntimeError, match="no running event loop"):
        boundtoken.Cluster.connect_async(kubeconfig=server.kubeconfig)


def test_new_pods_are_asked_about(server: DevServer) -> None:
    with connect(server) as cluster:
        verifier = verifier_of(cluster)
        for number in range(10):
            server.create_pod(f"online-{number}")
            token = server.token(f"online-{number}")
            assert verifier.verify_online(token, timeout_seconds=30).confirmed == Confirmed.LIVE
        with pytest.raises(boundtoken.SignatureError):
            verifier.verify_online(token[:-8] + "AAAAAAAA", audiences=["vault"])


def test_unknown_keys_are_asked_for(server: DevServer, tmp_path: Path) -> None:
    stranger = DevServer(tmp_path)
    token = stranger.token()
    stranger.stop()
    with connect(server, unknown_key_wait_seconds=0.2) as cluster:
        verifier = verifier_of(cluster)
        with pytest.raises(boundtoken.SignatureError) as refused:
            verifier.verify_online(token)
        assert refused.value.reason == Reason.KEY_UNKNOWN

        async def verify() -> None:
            await verifier.verify_async(token, audiences=["vault"])

        with pytest.raises(boundtoken.SignatureError):
            asyncio.run(verify())


def silent_server() -> socket.socket:
    """A server that takes connections, and says nothing."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    return listening


def test_connecting_is_cancelled(server: DevServer, tmp_path: Path) -> None:
    with silent_server() as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}"
        kubeconfig = tmp_path / "silent"
        kubeconfig.write_text(server.kubeconfig.read_text().replace(server.url, address))

        async def give_up() -> None:
            connecting = boundtoken.Cluster.connect_async(kubeconfig=kubeconfig)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(connecting, 0.2)
            assert connecting.cancelled()
            # Another one is left to the event loop that ends.
            boundtoken.Cluster.connect_async(kubeconfig=kubeconfig)

        asyncio.run(give_up())
