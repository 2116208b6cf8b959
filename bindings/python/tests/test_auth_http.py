"""Every kind of HTTP service gives every request the same answer, on a real server."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from boundtoken.auth import Authenticator, Policy
from callers import SUBJECT, Callers
from services import OPEN, SERVICES, Answer, call

#: Starts a service of one kind, and returns its port.
Serve = Callable[[Authenticator], int]
PREFLIGHT = (b"Origin: https://example.com", b"Access-Control-Request-Method: GET")


@pytest.fixture(params=SERVICES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def serve(kind: str) -> Iterator[Serve]:
    make, served = SERVICES[kind]
    with ExitStack() as running:
        yield lambda authenticator: int(running.enter_context(served(make(authenticator))))


def bearer(token: str) -> bytes:
    return f"Authorization: Bearer {token}".encode()


def greeted(answer: Answer) -> str | None:
    """The caller that the service saw."""
    assert answer.status == 200, answer
    return json.loads(answer.body)["caller"]  # type: ignore[no-any-return]


def test_each_request_has_its_answer(kind: str, serve: Serve, callers: Callers, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    port = serve(Authenticator(callers.verifier, policy=Policy.namespaces("demo")))
    good = bearer(callers.token)
    for header in (good, good.replace(b"Authorization: Bearer ", b"AUTHORIZATION:bEARER   ")):
        answer = call(port, header)
        assert greeted(answer) == SUBJECT
        assert callers.secret not in answer.body, "the service sees the token"
    for lines, status, challenge in [
        ([], 401, "Bearer"),
        ([b"Authorization:"], 401, "Bearer"),
        ([b"Authorization: Basic eDp5"], 401, "Bearer"),
        ([b"Authorization: " + callers.token.encode()], 401, "Bearer"),
        ([b"Authorization: Bearer"], 400, "invalid_request"),
        ([b"Authorization: Bearer  "], 400, "invalid_request"),
        ([good, good], 400, "invalid_request"),
        ([good, b"Authorization: Basic eDp5"], 400, "invalid_request"),
        ([bearer(f"{callers.token} {callers.token}")], 400, "invalid_request"),
        ([b"Authorization: Bearer \xff\xfe.\xc3\xa9.\x80"], 401, "invalid_token"),
        ([bearer("a" * 20_000)], 401, "invalid_token"),
        ([bearer(callers.token + "A")], 401, "invalid_token"),
        ([bearer(callers.for_another)], 401, "invalid_token"),
        ([bearer("a" * 200_000)], None, None),
    ]:
        answer = call(port, *lines)
        assert 400 <= answer.status < 500 if status is None else answer.status == status, (lines, answer)
        assert challenge is None or challenge in answer.headers["www-authenticate"]
        assert callers.secret not in f"{answer}"
        assert kind == "fastapi" or challenge is None or answer.body == "", answer
    assert callers.secret not in caplog.text
    assert "reason=invalid_request status=400" in caplog.text


def test_a_folded_header_is_what_the_server_makes_of_it(kind: str, serve: Serve, callers: Callers) -> None:
    answer = call(serve(Authenticator(callers.verifier)), bearer(callers.token).replace(b"Bearer ", b"Bearer\r\n "))
    # uvicorn unfolds it, as it may (RFC 9112 section 5.2). Then there is one space. wsgiref leaves the line break.
    assert answer.status == (401 if kind in {"wsgi", "django"} else 200)


def test_a_caller_is_refused_at_once_when_its_pod_is_gone(serve: Serve, callers: Callers) -> None:
    port = serve(Authenticator(callers.verifier))
    for _ in range(2):
        assert greeted(call(port, bearer(callers.token))) == SUBJECT
    callers.delete_pod()
    answer = call(port, bearer(callers.token))
    assert (answer.status, "the pod that the token is bound to" in answer.headers["www-authenticate"]) == (401, True), answer


def test_policies_and_outages(serve: Serve, callers: Callers) -> None:
    answer = call(serve(Authenticator(callers.verifier, policy=Policy.namespaces("other"))), bearer(callers.token))
    assert (answer.status, answer.headers["www-authenticate"]) == (403, 'Bearer error="insufficient_scope"')
    answer = call(serve(Authenticator(callers.out_of_touch())), bearer(callers.token))
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert "www-authenticate" not in answer.headers


def test_routes_may_need_more(kind: str, serve: Serve, callers: Callers) -> None:
    port = serve(Authenticator(callers.verifier, optional=True))
    paths = {"starlette": (), "django": ("/admin", "/admin-async"), "django-async": ("/admin", "/admin-async")}
    for path in paths.get(kind, ("/admin",)):
        assert call(port, bearer(callers.token), path=path).status == 403
        assert call(port, path=path).status == 401
    if kind.startswith("django"):
        assert greeted(call(port, bearer(callers.token), path="/app-async")) == SUBJECT


def test_who_may_pass_without_a_caller(kind: str, serve: Serve, callers: Callers) -> None:
    port = serve(Authenticator(callers.verifier))
    assert greeted(call(port, path=OPEN)) is None
    assert greeted(call(port, bearer("x"), path=OPEN)) is None
    for path in (OPEN + "/", OPEN + "/..", OPEN + "x"):
        assert call(port, path=path).status in {401, 404, 307}, path
    if kind != "fastapi":
        assert call(port, *PREFLIGHT, method="OPTIONS").status != 401
        assert call(port, PREFLIGHT[0], method="OPTIONS").status == 401
        assert call(port, *PREFLIGHT, bearer("x"), method="OPTIONS").status == 401
        assert call(port, *PREFLIGHT).status == 401
    port = serve(Authenticator(callers.verifier, optional=True))
    assert greeted(call(port)) is None
    assert call(port, bearer("x")).status == 401


def test_the_token_may_be_kept_and_may_be_in_another_header(kind: str, serve: Serve, callers: Callers) -> None:
    port = serve(Authenticator(callers.verifier, header="X-Token"))
    answer = call(port, b"X-Token: " + callers.token.encode())
    assert greeted(answer) == SUBJECT
    assert callers.secret not in answer.body
    assert call(port, bearer(callers.token)).status == 401
    if kind != "fastapi":
        answer = call(serve(Authenticator(callers.verifier, keep_token=True)), bearer(callers.token))
        assert callers.secret in answer.body
