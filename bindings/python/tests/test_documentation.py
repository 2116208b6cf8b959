"""Every public item is documented, and the extension module says the same as its stub."""

from __future__ import annotations

import ast
import doctest
import inspect
import json
from pathlib import Path

import boundtoken
import captured
import pytest
from boundtoken import _boundtoken

STUB = Path(boundtoken.__file__).with_name("_boundtoken.pyi")


def documented() -> list[tuple[str, str | None, str | None]]:
    """The name, the documentation in the stub, and that of the module, of each class, method and function."""
    found: list[tuple[str, str | None, str | None]] = []
    for item in ast.parse(STUB.read_text()).body:
        if not isinstance(item, (ast.ClassDef, ast.FunctionDef)):
            continue
        real = getattr(_boundtoken, item.name)
        found.append((item.name, ast.get_docstring(item), inspect.getdoc(real)))
        members = [member for member in ast.walk(item) if isinstance(member, ast.FunctionDef) and member is not item]
        for member in members:
            if not member.name.startswith("_"):
                text = inspect.getdoc(getattr(real, member.name))
                found.append((f"{item.name}.{member.name}", ast.get_docstring(member), text))
    return found


@pytest.mark.parametrize(("name", "in_stub", "in_module"), documented())
def test_the_module_is_documented_as_its_stub(name: str, in_stub: str | None, in_module: str | None) -> None:
    assert in_stub, name
    assert in_module, name
    assert first_sentence(in_stub) == first_sentence(in_module)


def first_sentence(text: str) -> str:
    """The first paragraph, without the roles of Sphinx."""
    paragraph = " ".join(text.split("\n\n", 1)[0].split())
    for role in (":class:`", ":meth:`", ":attr:`"):
        paragraph = paragraph.replace(role, "``")
    return paragraph.replace("``", "`").replace("Verifier.", "").replace("ObjectStore.", "").replace("UserInfo.", "").rstrip("`")


def examples() -> dict[str, object]:
    """The names that examples are given: captured keys, objects and a token, and a verifier of it."""
    known = captured.read()
    return {
        "boundtoken": boundtoken,
        "jwks": known.jwks,
        "keys": known.keys(),
        "objects": json.dumps(known.objects["before"]),
        "token": known.tokens["pod-live"],
        "now": captured.NOW,
        "verifier": known.verifier(known.store()),
    }


@pytest.mark.parametrize(("name", "in_stub", "_"), documented())
def test_every_example_runs(name: str, in_stub: str, _: object) -> None:
    test = doctest.DocTestParser().get_doctest(in_stub, examples(), name, str(STUB), 0)
    said: list[str] = []
    assert doctest.DocTestRunner().run(test, out=said.append).failed == 0, "".join(said)


def test_classes_that_programs_make_have_examples() -> None:
    shown = {name for name, text, _ in documented() if text and (">>>" in text or "::\n" in text)}
    made = {"KeySet", "KeyStore", "ObjectStore", "Feed", "TrustedIssuer", "VerifiedToken", "CheckedToken", "Verifier", "Cluster"}
    assert made <= shown


def test_everything_public_is_documented() -> None:
    for name in boundtoken.__all__:
        value = getattr(boundtoken, name)
        assert name == "__version__" or inspect.getdoc(value), name


def test_the_example_of_the_package_runs() -> None:
    assert doctest.testmod(boundtoken).failed == 0
