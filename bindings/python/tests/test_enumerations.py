"""What is generated is current."""

import subprocess
import sys
from pathlib import Path

import boundtoken
import rust
from boundtoken import Reason

PACKAGE = Path(__file__).parents[1]


def test_the_enumerations_are_those_of_the_c_abi() -> None:
    subprocess.run([sys.executable, PACKAGE / "generate.py", "--check"], check=True)


def test_every_reason_has_a_class_texts_and_a_status() -> None:
    families = {family["name"]: (family["first"], family["last"]) for family in rust.ABI["families"]}
    classes = {
        "token": boundtoken.TokenError,
        "header": boundtoken.HeaderError,
        "signature": boundtoken.SignatureError,
        "claims": boundtoken.ClaimsError,
        "bound_objects": boundtoken.BoundObjectsError,
    }
    assert families.keys() == classes.keys()
    statuses = {status["number"]: status for status in rust.ABI["statuses"]}
    for reason in Reason:
        status = statuses[reason]
        assert (reason.stable_name, reason.description) == (status["name"], status["description"])
        assert (reason.remedy, reason.http_status) == (status["remedy"], status["httpStatus"])
        assert reason.is_stricter == status["stricter"]
        family = next(name for name, (first, last) in families.items() if first <= reason <= last)
        from boundtoken._errors import rejected

        assert type(rejected(reason, "message", "Bearer")) is classes[family]


def test_the_version_is_that_of_the_library() -> None:
    assert boundtoken.__version__ == boundtoken.build_info()["version"] == rust.ABI["version"]
