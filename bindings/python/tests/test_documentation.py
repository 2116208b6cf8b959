"""Every public item is documented, and the extension module says the same as its stub."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import boundtoken
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


def test_everything_public_is_documented() -> None:
    for name in boundtoken.__all__:
        value = getattr(boundtoken, name)
        assert name == "__version__" or inspect.getdoc(value), name
