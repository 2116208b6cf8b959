"""Middleware for Starlette, FastAPI, and everything else that speaks ASGI, WebSockets included. It imports no framework.

>>> from boundtoken.auth.asgi import AuthMiddleware, caller_of
>>> async def greet(scope, receive, send):
...     text = f"hello, {caller_of(scope).subject}"
...     await send({"type": "http.response.start", "status": 200})
...     await send({"type": "http.response.body", "body": text.encode()})
>>> service = AuthMiddleware(greet, Authenticator(verifier), open_paths=["/healthz"])

For Starlette and FastAPI::

    app.add_middleware(AuthMiddleware, authenticator=Authenticator(verifier), open_paths=["/healthz"])

    @app.get("/")
    async def greet(request: Request) -> str:
        return f"hello, {caller_of(request.scope).subject}"
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any, TypeAlias

from boundtoken._boundtoken import VerifiedToken
from boundtoken.auth._authenticator import Authenticator, Requirement
from boundtoken.auth._policy import Policy
from boundtoken.auth._refusal import Refusal

__all__ = ["AuthMiddleware", "RequireMiddleware", "caller_of"]

_Scope: TypeAlias = MutableMapping[str, Any]
_Message: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[_Message]]
_Send: TypeAlias = Callable[[_Message], Awaitable[None]]
_App: TypeAlias = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

CALLER = "boundtoken.caller"
REFUSAL = "boundtoken.refusal"
_POLICY_VIOLATION = 1008


def caller_of(scope: MutableMapping[str, Any]) -> VerifiedToken | None:
    """The caller of a request, which :class:`AuthMiddleware` has put into its scope. ``None`` if it let nobody pass.

    >>> caller_of({"type": "http"}) is None
    True
    """
    caller = scope.get(CALLER)
    return caller if isinstance(caller, VerifiedToken) else None


class AuthMiddleware:
    """Lets only authenticated requests pass, with the caller in their scope and without the token.

    The others are answered with an empty body. What is around finds the :class:`boundtoken.auth.Refusal` in
    ``scope["boundtoken.refusal"]``. A WebSocket is refused before it is accepted, with the same statuses where the server can
    (``websocket.http.response``), else with 403. It is closed with 1008 at its next message when its caller is no longer good.

    It needs an event loop of ``asyncio``.

    >>> middleware = AuthMiddleware(app, Authenticator(verifier, policy=Policy.namespaces("demo")))
    """

    def __init__(self, app: _App, authenticator: Authenticator, *, open_paths: Collection[str] = ()) -> None:
        """Wraps an application.

        ``open_paths``: lets every request for exactly these paths (``scope["path"]``) pass, such as probes of the kubelet. No
        token is looked at there, and there is no caller.
        """
        if isinstance(open_paths, str):
            raise TypeError("open_paths is a collection of paths, such as ['/healthz']")
        self._app, self._authenticator, self._open_paths = app, authenticator, frozenset(open_paths)
        self._header = authenticator.header.lower().encode("ascii")

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serves a request."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        caller = None
        if scope["path"] not in self._open_paths:
            headers = scope["headers"]
            values = [value for name, value in headers if name == self._header]
            try:
                caller = await self._authenticator.authenticate_async(values, is_preflight=not values and _is_preflight(scope))
            except Refusal as refusal:
                await _answer(scope, receive, send, refusal)
                return
        handed_over = dict(scope)
        handed_over.pop(CALLER, None)
        if caller is not None:
            handed_over[CALLER] = caller
        if not self._authenticator.keeps_token:
            handed_over["headers"] = [header for header in scope["headers"] if header[0] != self._header]
        if caller is not None and scope["type"] == "websocket":
            connection = _WebSocket(self._authenticator, caller, receive, send)
            receive, send = connection.receive, connection.send
        await self._app(handed_over, receive, send)


class RequireMiddleware:
    """Lets only those callers pass that the policy allows. For single routes, behind :class:`AuthMiddleware`.

    >>> middleware = RequireMiddleware(app, Policy.service_account("demo", "admin"))

    In Starlette::

        Route("/admin", admin, middleware=[Middleware(RequireMiddleware, policy=Policy.service_account("demo", "admin"))])
    """

    def __init__(self, app: _App, policy: Policy) -> None:
        """Wraps an application, or a route."""
        self._app, self._requirement = app, Requirement(policy)

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serves a request."""
        if scope["type"] in {"http", "websocket"}:
            try:
                self._requirement.demand(caller_of(scope))
            except Refusal as refusal:
                await _answer(scope, receive, send, refusal)
                return
        await self._app(scope, receive, send)


class _WebSocket:
    """A WebSocket that is closed when its caller is no longer good."""

    def __init__(self, authenticator: Authenticator, caller: VerifiedToken, receive: _Receive, send: _Send) -> None:
        self._authenticator, self._caller = authenticator, caller
        self._receive, self._send = receive, send
        self._is_closed = False

    async def receive(self) -> _Message:
        message: _Message = {"type": "websocket.disconnect"} if self._is_closed else await self._receive()
        if message["type"] == "websocket.receive" and not await self._is_good():
            message = {"type": "websocket.disconnect"}
        if message["type"] == "websocket.disconnect" and self._is_closed:
            message["code"] = _POLICY_VIOLATION
        return message

    async def send(self, message: _Message) -> None:
        if self._is_closed or (message["type"] == "websocket.send" and not await self._is_good()):
            # What a server raises when the client is gone.
            raise OSError("the WebSocket was closed, because its caller is no longer good")
        await self._send(message)

    async def _is_good(self) -> bool:
        try:
            self._authenticator.authenticate_again(self._caller)
        except Refusal as refusal:
            self._is_closed = True
            await self._send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": refusal.description})
        return not self._is_closed


def _is_preflight(scope: _Scope) -> bool:
    """Whether this is a preflight request of a browser (Fetch standard, section 3.3.2)."""
    if scope.get("method") != "OPTIONS":
        return False
    return {b"origin", b"access-control-request-method"} <= {name for name, _ in scope["headers"]}


async def _answer(scope: _Scope, receive: _Receive, send: _Send, refusal: Refusal) -> None:
    scope[REFUSAL] = refusal
    prefix = ""
    if scope["type"] == "websocket":
        await receive()
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": refusal.description})
            return
        prefix = "websocket."
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in refusal.headers]
    headers.append((b"content-length", b"0"))
    await send({"type": f"{prefix}http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": f"{prefix}http.response.body", "body": b""})
