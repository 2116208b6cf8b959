"""WebSockets are refused before they are accepted, and closed when their caller is no longer good."""

from __future__ import annotations

from typing import Any

import boundtoken
import pytest
from boundtoken.auth import Authenticator, Policy, asgi
from boundtoken.auth.fastapi import BoundToken
from callers import SUBJECT, Callers
from fastapi import Depends, FastAPI, WebSocket, WebSocketDisconnect
from services import served_by_uvicorn
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect


def chat(authenticator: Authenticator, left: list[Any]) -> FastAPI:
    """Greets, echoes, and tells what comes at will. ``left`` is how connections ended."""
    app = FastAPI()
    auth = BoundToken(authenticator)

    async def echo(socket: WebSocket, caller: boundtoken.VerifiedToken | None) -> None:
        await socket.accept()
        try:
            await socket.send_text(caller.subject if caller else "nobody")
            while True:
                text = await socket.receive_text()
                for _ in range(2):
                    await socket.send_text(text)
        except WebSocketDisconnect as gone:
            left.append(gone.code)

    @app.websocket("/dependency")
    async def dependency(socket: WebSocket, caller: boundtoken.VerifiedToken = Depends(auth)) -> None:  # noqa: B008
        await echo(socket, caller)

    guarded = FastAPI()

    @guarded.websocket("/")
    async def behind(socket: WebSocket) -> None:
        assert "authorization" not in socket.headers
        await echo(socket, asgi.caller_of(socket.scope))

    app.mount("/middleware", asgi.AuthMiddleware(guarded, authenticator))
    return app


def headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", ["dependency", "middleware/"])
def test_a_websocket_is_refused_before_it_is_accepted(path: str, callers: Callers) -> None:
    left: list[Any] = []
    with served_by_uvicorn(chat(Authenticator(callers.verifier, policy=Policy.namespaces("demo")), left)) as port:
        url = f"ws://127.0.0.1:{port}/{path}"
        with connect(url, additional_headers=headers(callers.token)) as socket:
            assert socket.recv(30) == SUBJECT
            socket.send("hello")
            assert socket.recv(30) == "hello"
        for sent, challenge in [({}, "Bearer"), (headers(callers.for_another), "invalid_token")]:
            with pytest.raises(InvalidStatus) as refused:
                connect(url, additional_headers=sent)
            assert refused.value.response.status_code == 401
            assert challenge in refused.value.response.headers["WWW-Authenticate"]
    for verifier, policy, status in [
        (callers.verifier, Policy.namespaces("other"), 403),
        (callers.out_of_touch(), Policy.everyone(), 503),
    ]:
        with served_by_uvicorn(chat(Authenticator(verifier, policy=policy), left)) as port:
            with pytest.raises(InvalidStatus) as refused:
                connect(f"ws://127.0.0.1:{port}/{path}", additional_headers=headers(callers.token))
            assert refused.value.response.status_code == status


def test_a_websocket_is_closed_when_the_pod_is_gone(callers: Callers) -> None:
    left: list[Any] = []
    with served_by_uvicorn(chat(Authenticator(callers.verifier), left)) as port:
        url = f"ws://127.0.0.1:{port}/middleware/"
        with connect(url, additional_headers=headers(callers.token)) as socket:
            assert socket.recv(30) == SUBJECT
            callers.delete_pod()
            socket.send("hello")
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(30)
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, boundtoken.Reason.POD_NOT_FOUND.description)
    assert left == [1008]


def run(app: Any, scope: dict[str, Any], *received: dict[str, Any]) -> list[Any]:
    """What an application sends to a server that has no way to refuse a WebSocket but to close it."""
    import asyncio

    sent: list[Any] = []
    coming = iter(received)

    async def receive() -> dict[str, Any]:
        return next(coming)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent


def test_a_server_without_answers_closes(callers: Callers) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        pytest.fail("nobody passes")

    scope = {"type": "websocket", "path": "/", "headers": []}
    (closed,) = run(asgi.AuthMiddleware(app, Authenticator(callers.verifier)), scope, {"type": "websocket.connect"})
    assert (closed["type"], closed["code"]) == ("websocket.close", 1008)
    assert isinstance(scope["boundtoken.refusal"], boundtoken.BoundtokenError)


def test_what_sends_on_its_own_is_ended_too(callers: Callers) -> None:
    async def news(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "first"})
        callers.delete_pod()
        for _ in range(2):
            with pytest.raises(OSError, match="no longer good"):
                await send({"type": "websocket.send", "text": "second"})
        assert await receive() == {"type": "websocket.disconnect", "code": 1008}

    header = (b"authorization", f"Bearer {callers.token}".encode())
    scope = {"type": "websocket", "path": "/", "headers": [header]}
    sent = run(asgi.AuthMiddleware(news, Authenticator(callers.verifier)), scope, {"type": "websocket.connect"})
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.close"]


def test_lifespans_pass() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(scope)

    unused: Any = None
    assert run(asgi.AuthMiddleware(app, Authenticator(lambda: unused)), {"type": "lifespan"}) == [{"type": "lifespan"}]
