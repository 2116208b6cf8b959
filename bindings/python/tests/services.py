"""Services behind each kind of middleware, on real servers, and a client that sends headers byte by byte."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import boundtoken
import django
import uvicorn
from boundtoken.auth import Authenticator, Policy, asgi, wsgi
from boundtoken.auth import django as auth_django
from boundtoken.auth.fastapi import BoundToken
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import Depends, FastAPI, Request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

OPEN = "/healthz"
ADMINS = Policy.service_account("demo", "admin")


def said(caller: boundtoken.VerifiedToken | None, seen: object) -> str:
    """What each service answers: its caller, and whatever it sees of the request, which should not show the token."""
    return json.dumps({"caller": caller.subject if caller else None, "seen": repr(seen)})


async def plain_asgi(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": said(asgi.caller_of(scope), scope).encode()})


async def admins_only(scope: Any, receive: Any, send: Any) -> None:
    app = asgi.RequireMiddleware(plain_asgi, ADMINS) if scope["path"] == "/admin" else plain_asgi
    await app(scope, receive, send)


def asgi_app(authenticator: Authenticator) -> Any:
    return asgi.AuthMiddleware(admins_only, authenticator, open_paths=[OPEN])


def fastapi_app(authenticator: Authenticator) -> Any:
    app = FastAPI()
    auth = BoundToken(authenticator)

    @app.get("/")
    async def show(caller: boundtoken.VerifiedToken | None = Depends(auth)) -> Any:  # noqa: B008
        return json.loads(said(caller, None))

    @app.get("/admin")
    def admin(caller: boundtoken.VerifiedToken = Depends(auth.require(ADMINS))) -> Any:  # noqa: B008
        return json.loads(said(caller, None))

    @app.get(OPEN)
    def healthy() -> Any:
        return json.loads(said(None, None))

    return app


def starlette_app(authenticator: Authenticator) -> Any:
    app = FastAPI()

    @app.get("/")
    @app.get(OPEN)
    async def show(request: Request) -> Any:
        return json.loads(said(asgi.caller_of(request.scope), [request.scope, request.headers]))

    app.add_middleware(asgi.AuthMiddleware, authenticator=authenticator, open_paths=[OPEN])
    return app


def plain_wsgi(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [said(wsgi.caller_of(environ), environ).encode()]


def wsgi_app(authenticator: Authenticator) -> Any:
    def admins_only(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        app = wsgi.RequireMiddleware(plain_wsgi, ADMINS) if environ["PATH_INFO"] == "/admin" else plain_wsgi
        return app(environ, start_response)

    return wsgi.AuthMiddleware(admins_only, authenticator, open_paths=[OPEN])


def show(request: HttpRequest) -> HttpResponse:
    seen = [request.META, dict(request.headers), getattr(request, "scope", None)]
    return HttpResponse(said(auth_django.caller_of(request), seen))


async def show_async(request: HttpRequest) -> HttpResponse:
    return show(request)


urlpatterns = [
    path("", show),
    path("async", show_async),
    path("admin", auth_django.require(ADMINS)(show)),
    path("admin-async", auth_django.require(ADMINS)(show_async)),
    path("app-async", auth_django.require(Policy.service_account("demo", "app"))(show_async)),
    path(OPEN[1:], show),
]
MIDDLEWARE = "boundtoken.auth.django.AuthMiddleware"
settings.configure(ROOT_URLCONF=__name__, MIDDLEWARE=[MIDDLEWARE], ALLOWED_HOSTS=["*"], BOUNDTOKEN_OPEN_PATHS=[OPEN])
django.setup()


def django_wsgi_app(authenticator: Authenticator) -> Any:
    settings.BOUNDTOKEN_AUTHENTICATOR = authenticator
    return WSGIHandler()


def django_asgi_app(authenticator: Authenticator) -> Any:
    settings.BOUNDTOKEN_AUTHENTICATOR = lambda: authenticator
    return ASGIHandler()


@contextmanager
def served_by_uvicorn(app: Any) -> Iterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level=logging.CRITICAL, lifespan="off", ws="websockets-sansio")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        pass


@contextmanager
def served_by_wsgiref(app: Any) -> Iterator[int]:
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join(30)


#: For each kind of service: how it is made, and how it is served.
SERVICES: dict[str, tuple[Callable[[Authenticator], Any], Callable[[Any], Any]]] = {
    "asgi": (asgi_app, served_by_uvicorn),
    "fastapi": (fastapi_app, served_by_uvicorn),
    "starlette": (starlette_app, served_by_uvicorn),
    "django-async": (django_asgi_app, served_by_uvicorn),
    "wsgi": (wsgi_app, served_by_wsgiref),
    "django": (django_wsgi_app, served_by_wsgiref),
}


@dataclass(frozen=True)
class Answer:
    """An answer of a service."""

    status: int
    headers: dict[str, str]
    body: str


def call(port: int, *headers: bytes, method: str = "GET", path: str = "/") -> Answer:
    """Sends exactly these lines of headers."""
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: localhost", b"Connection: close", *headers, b"", b""]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"\r\n".join(lines))
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except ConnectionResetError:
            # A server that does not read the rest of a huge header closes the connection.
            pass
    head, _, body = received.partition(b"\r\n\r\n")
    status, *fields = head.decode("latin-1").split("\r\n")
    named = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
    if named.get("transfer-encoding") == "chunked":
        body = body.partition(b"\r\n")[2].partition(b"\r\n0\r\n\r\n")[0]
    return Answer(int(status.split(" ")[1]), named, body.decode())
