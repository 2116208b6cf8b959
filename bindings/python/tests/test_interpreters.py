"""Sub-interpreters, and processes that fork or spawn."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable

import boundtoken
import pytest
from boundtoken import ObjectKind
from captured import NOW, Captured


def run_python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a program in a process of its own, with a time limit."""
    # Python warns that a fork of a process with threads can go wrong. It does not here.
    command = [sys.executable, "-X", "dev", "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(program), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("first", ["import boundtoken", "pass"])
def test_a_sub_interpreter_is_refused(first: str) -> None:
    done = run_python(
        f"""
        {first}
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters
        code = '''
        try:
            import boundtoken
        except ImportError as error:
            print("refused:", error, flush=True)
        '''
        import textwrap
        interpreters.run_string(interpreters.create(), textwrap.dedent(code))
        import boundtoken
        print("the main interpreter works:", boundtoken.__version__)
        """
    )
    assert done.returncode == 0, done.stderr
    assert "refused: boundtoken does not work in a sub-interpreter" in done.stdout
    assert f"the main interpreter works: {boundtoken.__version__}" in done.stdout


def in_child(work: Callable[[], bool]) -> None:
    """Runs work in a child of this process, and demands that it returns true."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if work() else 1)
        except BaseException as error:
            os.write(2, repr(error).encode())
            os._exit(2)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_uses_what_its_parent_had(captured: Captured, token: str) -> None:
    store = captured.store()
    verifier = captured.verifier(store)
    assert verifier.verify(token, now=NOW)

    def child() -> bool:
        assert verifier.verify(token, now=NOW).pod is not None
        store.delete(ObjectKind.POD, "demo", "live")
        with pytest.raises(boundtoken.BoundObjectsError):
            verifier.verify(token, now=NOW)
        verifier.close()
        return True

    in_child(child)
    # What a child changes is its own.
    assert verifier.verify(token, now=NOW)


def spawned(jwks: str, token: str) -> str:
    """What a spawned process does: it builds its own verifier."""
    return Captured(jwks, {}, {}).verifier().verify(token, now=NOW).subject


def test_spawned_processes_build_their_own(captured: Captured, token: str) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        subjects = pool.starmap(spawned, [(captured.jwks, token)] * 4)
    assert subjects == ["system:serviceaccount:demo:app"] * 4
