"""The row of Python in `make bench-bindings`: see benches/bindings/run.sh. The argument is the folder of a demo."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import boundtoken


def verifier(folder: Path, *, remembers: bool) -> boundtoken.Verifier:
    issuer = boundtoken.TrustedIssuer(
        (folder / "issuer").read_text().strip(),
        boundtoken.KeySet.from_jwks((folder / "jwks.json").read_bytes()),
        bound_objects=boundtoken.ObjectStore.from_json((folder / "objects.json").read_bytes()),
    )
    audience, cached = (folder / "audience").read_text().strip(), 10_000 if remembers else 0
    return boundtoken.Verifier(issuers=[issuer], audiences=[audience], cached_tokens=cached)


def main() -> None:
    folder = Path(sys.argv[1])
    token = (folder / "token").read_text().strip()
    verify = {"again": verifier(folder, remembers=True).verify, "first": verifier(folder, remembers=False).verify}
    for line in sys.stdin:
        case, count = line.split()
        if case not in verify:
            print("{}", flush=True)
            continue
        this, turns = verify[case], range(int(count))
        start = time.perf_counter_ns()
        for _ in turns:
            this(token).subject  # noqa: B018
        nanoseconds = time.perf_counter_ns() - start
        print(json.dumps({"language": "Python", "case": case, "count": len(turns), "nanoseconds": nanoseconds}), flush=True)


if __name__ == "__main__":
    main()
