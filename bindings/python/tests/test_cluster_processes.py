"""Clusters of processes that are interrupted, that end, that fork, and that spawn."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import boundtoken
import pytest
from boundtoken import Reason
from servers import DevServer
from test_cluster import silent_server
from test_interpreters import in_child, run_python

CONNECT = """
import asyncio, sys, threading, time
import boundtoken
cluster = boundtoken.Cluster.connect(kubeconfig=sys.argv[1])
verifier = boundtoken.Verifier(issuers=[cluster], audiences=["vault"])
assert verifier.verify(sys.argv[2]).pod.name == "app-0"
print("connected", flush=True)
"""

#: Ways in which a program can end while its cluster is connected.
ENDINGS = {
    "it falls off its end": "",
    "it raises": "raise SystemExit(0)",
    "threads wait for changes and verify": """
        changes = cluster.changes()
        def watch():
            for change in changes:
                pass
        def verify():
            while True:
                verifier.verify(sys.argv[2])
        for work in (watch, verify, verify):
            threading.Thread(target=work, daemon=True).start()
        time.sleep(0.3)
        """,
    "an event loop waits": """
        async def main():
            task = asyncio.create_task(anext(cluster.changes()))
            other = boundtoken.Cluster.connect_async(kubeconfig=sys.argv[1])
            await asyncio.sleep(0.05)
        asyncio.run(main())
        """,
    "it uses the cluster at the very end": """
        import atexit
        atexit.register(lambda: cluster.changes())
        atexit.register(lambda: print(verifier.verify_online(sys.argv[2]).namespace))
        class Last:
            def __del__(self):
                cluster.close()
        sys.last = Last()
        """,
    "the log is slow": """
        import logging
        class Slow(logging.Handler):
            def emit(self, record):
                time.sleep(0.05)
        logging.getLogger("boundtoken").setLevel("DEBUG")
        logging.getLogger("boundtoken").addHandler(Slow())
        others = [boundtoken.Cluster.connect(kubeconfig=sys.argv[1]) for _ in range(3)]
        """,
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_program_ends_with_a_cluster_connected(server: DevServer, ending: str) -> None:
    program = CONNECT + textwrap.dedent(ENDINGS[ending])
    done = run_python(program, str(server.kubeconfig), server.token("app-0"))
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout.startswith("connected\n")


def test_ctrl_c_gives_up_connecting(server: DevServer, tmp_path: Path) -> None:
    with silent_server() as silent:
        kubeconfig = tmp_path / "silent"
        kubeconfig.write_text(server.kubeconfig.read_text().replace(server.url, f"https://127.0.0.1:{silent.getsockname()[1]}"))
        # Where the tests run in the background of a shell, programs begin with Ctrl-C ignored.
        program = (
            "import signal, sys, boundtoken; signal.signal(signal.SIGINT, signal.default_int_handler);"
            "print('go', flush=True); boundtoken.Cluster.connect(kubeconfig=sys.argv[1])"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program, str(kubeconfig)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "go\n"
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in errors
    assert process.returncode == -signal.SIGINT


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_connects_for_itself(server: DevServer) -> None:
    token = server.token("app-0")
    cluster = boundtoken.Cluster.connect(kubeconfig=server.kubeconfig)
    verifier = boundtoken.Verifier(issuers=[cluster], audiences=["vault"])
    changes = cluster.changes()
    assert verifier.verify(token)

    def child() -> bool:
        for call in (
            cluster.status,
            cluster.changes,
            lambda: changes.next(timeout_seconds=0),
            lambda: verifier.verify_online(token),
            lambda: boundtoken.Verifier(issuers=[cluster], audiences=["vault"]),
        ):
            with pytest.raises(boundtoken.ClusterForkedError):
                call()
        assert cluster.is_stale
        with pytest.raises(boundtoken.BoundObjectsError) as refused:
            verifier.verify(token)
        assert refused.value.reason == Reason.BOUND_OBJECT_UNAVAILABLE
        cluster.close()
        with boundtoken.Cluster.connect(kubeconfig=server.kubeconfig) as own:
            assert boundtoken.Verifier(issuers=[own], audiences=["vault"]).verify_online(token)
        return True

    in_child(child)
    # The parent goes on as before.
    assert verifier.verify(token)
    assert changes.next(timeout_seconds=0) is None
    cluster.close()


def test_a_child_ends_as_usual(server: DevServer) -> None:
    program = """
        import os
        if os.fork() == 0:
            sys.exit(7)
        sys.exit(os.waitstatus_to_exitcode(os.wait()[1]) - 7)
        """
    done = run_python(CONNECT + textwrap.dedent(program), str(server.kubeconfig), server.token("app-0"))
    assert (done.returncode, done.stderr) == (0, "")


def spawned(kubeconfig: str, token: str) -> str:
    with boundtoken.Cluster.connect(kubeconfig=kubeconfig) as cluster:
        return boundtoken.Verifier(issuers=[cluster], audiences=["vault"]).verify_online(token).namespace


def test_spawned_processes_connect_for_themselves(server: DevServer) -> None:
    cluster = boundtoken.Cluster.connect(kubeconfig=server.kubeconfig)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        arguments = [(str(server.kubeconfig), server.token("app-0"))] * 2
        assert pool.starmap(spawned, arguments) == ["demo"] * 2
    cluster.close()
