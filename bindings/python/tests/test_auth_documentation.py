"""Every public item of the package `boundtoken.auth` is documented, with an example that runs."""

from __future__ import annotations

import doctest
import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import boundtoken
import captured
import pytest
import services  # noqa: F401  (it configures Django)
from boundtoken import auth
from boundtoken.auth import Authenticator, Policy, Refusal
from boundtoken.auth.fastapi import BoundToken
from django.http import HttpResponse
from fastapi import Depends, FastAPI, Response

MODULES = [auth, *(importlib.import_module(f"boundtoken.auth.{name}") for name in ("asgi", "django", "fastapi", "grpc", "wsgi"))]


def documented() -> list[tuple[str, str | None, ModuleType]]:
    """The name and the documentation of each module, class, method and function, and the module it is in."""
    found = []
    for module in MODULES:
        found.append((module.__name__, inspect.getdoc(module), module))
        for name in module.__all__:
            value = getattr(module, name)
            found.append((f"{module.__name__}.{name}", value.__doc__, sys.modules[value.__module__]))
            for member, attribute in vars(value).items() if inspect.isclass(value) else ():
                if not member.startswith("_") and not isinstance(attribute, bool):
                    found.append((f"{module.__name__}.{name}.{member}", inspect.getdoc(attribute), sys.modules[value.__module__]))
    return found


def names(module: ModuleType) -> dict[str, Any]:
    """The names that examples are given."""
    known = captured.read()
    verifier = known.verifier(known.store())
    caller = verifier.verify(known.tokens["pod-live"], now=captured.NOW)
    authenticator = Authenticator(verifier)
    given = {
        "Annotated": Annotated, "app": FastAPI(), "Depends": Depends, "HttpResponse": HttpResponse, "Response": Response,
        "auth": BoundToken(authenticator), "authenticator": authenticator,
    }  # fmt: skip
    common = {"Authenticator": Authenticator, "Policy": Policy, "Refusal": Refusal, "boundtoken": boundtoken}
    tokens = {"verifier": verifier, "caller": caller, "token": known.tokens["pod-live"], "now": captured.NOW}
    return {**given, **vars(module), **common, **tokens}


@pytest.mark.parametrize(("name", "text", "module"), documented(), ids=[name for name, _, _ in documented()])
def test_every_example_runs(name: str, text: str | None, module: ModuleType) -> None:
    assert text, name
    test = doctest.DocTestParser().get_doctest(text, names(module), name, module.__file__, 0)
    said: list[str] = []
    assert doctest.DocTestRunner().run(test, out=said.append).failed == 0, "".join(said)


def test_each_module_class_and_function_has_an_example() -> None:
    without = {name for name, text, _ in documented() if ">>>" not in (text or "") and "::\n" not in (text or "")}
    for module in MODULES[1:]:
        assert module.__name__ not in without
    for module in MODULES:
        assert not {f"{module.__name__}.{name}" for name in module.__all__} & without


def test_no_framework_is_imported_unless_it_is_used() -> None:
    frameworks = {"fastapi", "starlette", "django", "grpc"}
    code = f"import sys, boundtoken.auth.asgi, boundtoken.auth.wsgi; print({frameworks} & {{*sys.modules}})"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


def test_the_service_of_the_readme_is_the_example() -> None:
    folder = Path(__file__).parents[1]
    example = (folder / "example" / "service.py").read_text().splitlines()
    (shown,) = (block.split("```")[0] for block in (folder / "README.md").read_text().split("```python\n")[1:])
    for line in filter(None, shown.splitlines()):
        assert line in example
