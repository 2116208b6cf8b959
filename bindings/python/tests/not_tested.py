"""Says loudly what could not be tested."""

import os
from pathlib import Path

import pytest


def not_tested(what: str, remedy: str) -> None:
    """Skips the test, and notes it for the end of `make test`. With BOUNDTOKEN_SKIP_NOTHING=1 it fails instead."""
    if os.environ.get("BOUNDTOKEN_SKIP_NOTHING") == "1":
        pytest.fail(f"{what} could not be tested: {remedy}")
    note = f"NOT TESTED: {what}; {remedy}"
    if notes := os.environ.get("BOUNDTOKEN_NOT_TESTED"):
        with Path(notes).open("a") as file:
            file.write(note + "\n")
    pytest.skip(note)
