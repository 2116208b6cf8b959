"""Writes python/boundtoken/_enumerations.py from ../abi.json, so that no number or text of the library is written twice.

python generate.py            writes the file
python generate.py --check    fails if the file is not what would be written
"""

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ABI = HERE.parent / "abi.json"
TARGET = HERE / "python" / "boundtoken" / "_enumerations.py"

# The name in C, the name in Python, and whether the value 0 stands for "none", which Python has no use for.
ENUMERATIONS = [
    ("boundtoken_object_kind", "ObjectKind", True),
    ("boundtoken_object_state", "ObjectState", False),
    ("boundtoken_on_unavailable", "OnUnavailable", False),
    ("boundtoken_confirmed", "Confirmed", True),
    ("boundtoken_change", "Change", True),
    ("boundtoken_fast_rsa_state", "FastRsaState", False),
]

# What stands in a document for the C ABI, and how Python says it.
WORDS = {
    ", and the callback has filled in the answer": "",
    "BOUNDTOKEN_BOUND_OBJECT_UNAVAILABLE": "Reason.BOUND_OBJECT_UNAVAILABLE",
    "BOUNDTOKEN_CONFIRMED_": "Confirmed.",
    "`maxStalenessSeconds`": "max_staleness_seconds",
}


def python_text(text: str) -> str:
    for word, instead in WORDS.items():
        text = text.replace(word, instead)
    return " ".join(text.split())


def wrapped(comment: str) -> list[str]:
    """A comment of Sphinx, `#:`, which tools show for the member that follows."""
    lines: list[str] = []
    for word in comment.split():
        if lines and len(lines[-1]) + len(word) < 112:
            lines[-1] += " " + word
        else:
            lines.append("    #: " + word)
    return lines


def reason_lines(abi: dict[str, Any]) -> list[str]:
    reasons = [status for status in abi["statuses"] if status["kind"] == "reason"]
    lines = [
        "class Reason(IntEnum):",
        '    """Why a token was refused. The number and the stable name are the same in every language."""',
        "",
    ]
    for reason in reasons:
        lines += [*wrapped(python_text(reason["documentation"])), f"    {reason['name'].upper()} = {reason['number']}"]
    lines += [
        "",
        "    @property",
        "    def stable_name(self) -> str:",
        '        """The name in logs and metrics, such as ``pod_not_found``."""',
        "        return self.name.lower()",
        "",
        "    @property",
        "    def description(self) -> str:",
        '        """What was wrong, as one phrase without punctuation at its end."""',
        "        return _TEXTS[self][0]",
        "",
        "    @property",
        "    def remedy(self) -> str:",
        '        """What to do about it, as one phrase without punctuation at its end."""',
        "        return _TEXTS[self][1]",
        "",
        "    @property",
        "    def http_status(self) -> int:",
        '        """The status of an HTTP answer: 503 if nothing can be decided now, else 401 (RFC 6750 section 3.1)."""',
        "        return _TEXTS[self][2]",
        "",
        "    @property",
        "    def is_stricter(self) -> bool:",
        '        """Whether an API server accepts some tokens that are refused for this reason."""',
        "        return _TEXTS[self][3]",
        "",
        "",
        "_TEXTS: dict[Reason, tuple[str, str, int, bool]] = {",
    ]
    for reason in reasons:
        texts = (reason["description"], reason["remedy"], reason["httpStatus"], reason["stricter"])
        lines += [
            f"    Reason.{reason['name'].upper()}: (",
            *(f"        {json.dumps(text) if isinstance(text, str) else text}," for text in texts),
            "    ),",
        ]
    return [*lines, "}"]


def enumeration_lines(abi: dict[str, Any], c_name: str, name: str, skips_none: bool) -> list[str]:
    enumeration = next(found for found in abi["enumerations"] if found["name"] == c_name)
    first, _, rest = python_text(enumeration["documentation"]).partition(". ")
    text = [f'    """{first}.', "", f"    {rest}", '    """'] if rest else [f'    """{first}"""']
    lines = [f"class {name}(IntEnum):", *text, ""]
    for value in enumeration["values"]:
        if value["value"] == 0 and skips_none:
            continue
        # The states of the fast path leave out the last word of the enumeration.
        member = value["name"].removeprefix(f"{c_name.upper()}_").removeprefix("BOUNDTOKEN_FAST_RSA_")
        lines += [*wrapped(python_text(value["documentation"])), f"    {member} = {value['value']}"]
    return lines


def family_lines(abi: dict[str, Any]) -> list[str]:
    lines = [
        "#: The first and the last number of each family of reasons, by its name.",
        "FAMILIES: dict[str, tuple[int, int]] = {",
    ]
    lines += [f'    "{family["name"]}": ({family["first"]}, {family["last"]}),' for family in abi["families"]]
    return [*lines, "}"]


def generated() -> str:
    abi = json.loads(ABI.read_text())
    parts = [reason_lines(abi), family_lines(abi)]
    parts += [enumeration_lines(abi, *enumeration) for enumeration in ENUMERATIONS]
    head = [
        '"""The enumerations of the library. `python generate.py` writes this file from bindings/abi.json."""',
        "",
        "from enum import IntEnum",
    ]
    return "\n\n\n".join("\n".join(part) for part in [head, *parts]) + "\n"


def main() -> int:
    if sys.argv[1:] == ["--check"]:
        if TARGET.read_text() == generated():
            return 0
        print(f"{TARGET} is stale: run `python {__file__}`", file=sys.stderr)
        return 1
    TARGET.write_text(generated())
    return 0


if __name__ == "__main__":
    sys.exit(main())
