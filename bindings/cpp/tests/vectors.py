#!/usr/bin/env python3
"""Turns what crates/testing/examples/verdicts.rs prints (standard input) into the lines that vectors.cpp reads.

A line is a word and texts, with a space before each. A text begins with `=`, and has its unprintable bytes as %XX."""

import base64
import json
import sys

STATES = ["present", "absent", "unavailable", "not_followed"]


def encoded(text):
    return "=" + "".join(
        chr(byte) if 0x20 < byte < 0x7F and byte != 0x25 else f"%{byte:02X}" for byte in text.encode("utf-8")
    )


def put(word, *texts):
    print(word, *(encoded(str(text)) for text in texts))


def main():
    for line in sys.stdin:
        if not line.startswith("{"):
            # A note about keys that were skipped. Not one of them may be.
            sys.exit(f"vectors: {line.strip()}")
        each = json.loads(line)
        if "folder" in each:
            put("folder", each["folder"], each["jwks"], *each["issuers"])
            continue
        put("case", each["name"], each["token"], each["now"])
        put("audiences", *each["audiences"])
        for known in each["objects"]:
            deleted = "" if known["deleted"] is None else known["deleted"]
            put("object", known["kind"], known["namespace"], known["name"], STATES[known["state"]], known["uid"], deleted)
        print("record", "=" + base64.b64decode(each["record"]).hex())


if __name__ == "__main__":
    main()
