"""What the Rust library says of tokens, and the programs of the repository."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from struct import unpack_from
from typing import Any

from not_tested import not_tested

REPOSITORY = Path(__file__).parents[3]
VECTORS = REPOSITORY / "tests" / "vectors"
ABI: dict[str, Any] = json.loads((REPOSITORY / "bindings" / "abi.json").read_text())


def run_cargo(*arguments: str) -> str:
    """Runs cargo in the repository, and returns what it prints."""
    cargo = os.environ.get("CARGO", "cargo")
    if shutil.which(cargo) is None:
        not_tested("what needs the programs of the repository", "install Rust")
    environment = {**os.environ, "CARGO_TARGET_DIR": os.environ.get("TARGET_DIR", str(REPOSITORY / "target"))}
    command = [cargo, *arguments]
    return subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


@cache
def program() -> str:
    """The path of the program `boundtoken`, which is built if need be."""
    if built := os.environ.get("BOUNDTOKEN"):
        return built
    output = run_cargo("build", "--quiet", "-p", "boundtoken-cli", "--message-format=json-render-diagnostics")
    messages = (json.loads(line) for line in output.splitlines())
    return next(str(message["executable"]) for message in messages if message.get("executable"))


@dataclass(frozen=True)
class Case:
    """A token, and what Rust says of it."""

    name: str
    token: str
    audiences: list[str]
    now: int
    objects: list[dict[str, Any]]
    record: dict[str, Any]


@dataclass(frozen=True)
class Folder:
    """Tokens of one issuer."""

    name: str
    issuers: list[str]
    jwks: str
    cases: list[Case]


def folders() -> Iterator[Folder]:
    """All vectors, with the folders in BOUNDTOKEN_VECTORS."""
    output = run_cargo(
        "run", "--quiet", "-p", "boundtoken-testing", "--features", "boundtoken/aws-lc-rs", "--example", "verdicts"
    )
    found: list[Folder] = []
    for line in output.splitlines():
        # Others are notes about keys that were skipped.
        if not line.startswith("{"):
            continue
        read = json.loads(line)
        if "folder" in read:
            found.append(Folder(read["folder"], read["issuers"], read["jwks"], []))
        else:
            record = decode(base64.b64decode(read["record"]))
            found[-1].cases.append(Case(read["name"], read["token"], read["audiences"], read["now"], read["objects"], record))
    yield from found


def decode(record: bytes) -> dict[str, Any]:
    """Reads a record by the offsets of bindings/abi.json."""
    members = next(struct for struct in ABI["structs"] if struct["name"] == "boundtoken_record")["members"]
    numbers = {"uint32_t": "<I", "uint64_t": "<Q", "int64_t": "<q"}
    read: dict[str, Any] = {}
    for member in members:
        name, kind, offset = member["name"], member["type"], member["offset"]["64"]
        if kind in numbers:
            read[name] = unpack_from(numbers[kind], record, offset)[0]
        elif kind == "boundtoken_record_text":
            read[name] = text(record, offset)
        elif name in ("matched_audiences", "audiences", "groups", "attested_api_groups"):
            read[name] = tuple(text(record, place) or "" for place in elements(record, offset, 8))
        elif name == "extra":
            read[name] = [(text(record, place), text(record, place + 8) or "") for place in elements(record, offset, 16)]
        elif name == "bound_objects":
            read[name] = [
                (unpack_from("<I", record, place)[0], *(text(record, place + part) or "" for part in (8, 16, 24)))
                for place in elements(record, offset, 32)
            ]
    return read


def text(record: bytes, offset: int) -> str | None:
    start, length = unpack_from("<II", record, offset)
    return record[start : start + length].decode() if start else None


def elements(record: bytes, offset: int, size: int) -> range:
    start, count = unpack_from("<II", record, offset)
    return range(start, start + size * count, size)
