"""Middleware for Flask, and everything else that speaks WSGI (PEP 3333). It imports no framework.

>>> from boundtoken.auth.wsgi import AuthMiddleware, caller_of
>>> def greet(environ, start_response):
...     start_response("200 OK", [("Content-Type", "text/plain")])
...     return [f"hello, {caller_of(environ).subject}".encode()]
>>> service = AuthMiddleware(greet, Authenticator(verifier), open_paths=["/healthz"])

For Flask::

    app.wsgi_app = AuthMiddleware(app.wsgi_app, Authenticator(verifier))

    @app.get("/")
    def greet() -> str:
        return f"hello, {caller_of(request.environ).subject}"

A verifier that follows a cluster belongs to one process. A server that forks workers connects in each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from boundtoken._boundtoken import VerifiedToken
from boundtoken.auth._authenticator import Authenticator, Requirement
from boundtoken.auth._policy import Policy
from boundtoken.auth._refusal import Refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["AuthMiddleware", "RequireMiddleware", "caller_of"]

CALLER = "boundtoken.caller"
REFUSAL = "boundtoken.refusal"


def caller_of(environ: dict[str, Any]) -> VerifiedToken | None:
    """The caller of a request, which :class:`AuthMiddleware` has put into its environment. ``None`` if it let nobody pass.

    >>> caller_of({"REQUEST_METHOD": "GET"}) is None
    True
    """
    caller = environ.get(CALLER)
    return caller if isinstance(caller, VerifiedToken) else None


class AuthMiddleware:
    """Lets only authenticated requests pass, with the caller in their environment and without the token.

    The others are answered with an empty body. What is around finds the :class:`boundtoken.auth.Refusal` in
    ``environ["boundtoken.refusal"]``.

    >>> middleware = AuthMiddleware(app, Authenticator(verifier, policy=Policy.namespaces("demo")))
    """

    def __init__(self, app: WSGIApplication, authenticator: Authenticator, *, open_paths: Collection[str] = ()) -> None:
        """Wraps an application.

        ``open_paths``: lets every request for exactly these paths (``PATH_INFO``) pass, such as probes of the kubelet. No token
        is looked at there, and there is no caller.
        """
        if isinstance(open_paths, str):
            raise TypeError("open_paths is a collection of paths, such as ['/healthz']")
        self._app, self._authenticator, self._open_paths = app, authenticator, frozenset(open_paths)
        self._key = key_of(authenticator)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serves a request."""
        environ.pop(CALLER, None)
        if environ.get("PATH_INFO", "") not in self._open_paths:
            try:
                caller = self._authenticator.authenticate(values_of(environ, self._key), is_preflight=is_preflight(environ))
            except Refusal as refusal:
                return _answer(environ, start_response, refusal)
            if caller is not None:
                environ[CALLER] = caller
        if not self._authenticator.keeps_token:
            environ.pop(self._key, None)
        return self._app(environ, start_response)


class RequireMiddleware:
    """Lets only those callers pass that the policy allows. For parts of a service, behind :class:`AuthMiddleware`.

    >>> middleware = RequireMiddleware(app, Policy.service_account("demo", "admin"))
    """

    def __init__(self, app: WSGIApplication, policy: Policy) -> None:
        """Wraps an application."""
        self._app, self._requirement = app, Requirement(policy)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serves a request."""
        try:
            self._requirement.demand(caller_of(environ))
        except Refusal as refusal:
            return _answer(environ, start_response, refusal)
        return self._app(environ, start_response)


def key_of(authenticator: Authenticator) -> str:
    """The key of the header with the token in the environment."""
    return "HTTP_" + authenticator.header.upper().replace("-", "_")


def values_of(environ: dict[str, Any], key: str) -> list[str]:
    """The values of a header. A server joins several by commas, which no token has in it."""
    return [environ[key]] if key in environ else []


def is_preflight(environ: dict[str, Any]) -> bool:
    """Whether this is a preflight request of a browser (Fetch standard, section 3.3.2)."""
    if environ.get("REQUEST_METHOD") != "OPTIONS":
        return False
    return "HTTP_ORIGIN" in environ and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ


def _answer(environ: WSGIEnvironment, start_response: StartResponse, refusal: Refusal) -> Iterable[bytes]:
    environ[REFUSAL] = refusal
    status = f"{refusal.status} {HTTPStatus(refusal.status).phrase}"
    start_response(status, [*refusal.headers, ("Content-Length", "0")])
    return []
