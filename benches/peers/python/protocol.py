"""Answers the questions that ../driver/program.rs describes."""

import platform
import sys
import time
from importlib import metadata
from pathlib import Path


def serve(package, load):
    """Answers until the input ends. `load` receives issuer, audience, an algorithm and its public key as PEM."""
    folder = Path(sys.argv[1])
    issuer, audience = (folder / "issuer").read_text(), (folder / "audience").read_text()
    print(metadata.version(package), f"Python {platform.python_version()}", sep="\t", flush=True)
    verifiers, files = {}, {}
    for line in sys.stdin:
        _, algorithm, file, count = line.split()
        if algorithm not in verifiers:
            key = (folder / algorithm / "public.pem").read_bytes()
            verifiers[algorithm] = load(issuer, audience, algorithm, key)
        path = folder / algorithm / file
        if path not in files:
            files[path] = path.read_text().split()
        print(*run(verifiers[algorithm], files[path], int(count)), flush=True)


def run(verify, tokens, count):
    start = time.perf_counter_ns()
    accepted, following = 0, 0
    for _ in range(count):
        if verify(tokens[following]):
            accepted += 1
        following += 1
        if following == len(tokens):
            following = 0
    return time.perf_counter_ns() - start, accepted
