"""Middleware for Django, with and without async.

In the settings::

    MIDDLEWARE = ["boundtoken.auth.django.AuthMiddleware", ...]
    BOUNDTOKEN_AUTHENTICATOR = "my_project.callers.authenticator"
    BOUNDTOKEN_OPEN_PATHS = ["/healthz"]

In ``my_project/callers.py``, a function that each process calls once, when it loads its middleware::

    def authenticator() -> Authenticator:
        verifier = Verifier(issuers=[Cluster.connect()], audiences=["my-service"])
        return Authenticator(verifier, policy=Policy.namespaces("demo"))

In a view:

>>> from django.http import HttpResponse
>>> from boundtoken.auth.django import caller_of, require
>>> @require(Policy.service_account("demo", "app"))
... def greet(request):
...     return HttpResponse(f"hello, {caller_of(request).subject}")

The caller is a workload, not a user of Django: ``request.user`` stays what it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from boundtoken._boundtoken import VerifiedToken
from boundtoken.auth._authenticator import Authenticator, Requirement
from boundtoken.auth._policy import Policy
from boundtoken.auth._refusal import Refusal
from boundtoken.auth.wsgi import is_preflight, key_of, values_of

__all__ = ["AuthMiddleware", "caller_of", "require"]

_Answer = HttpResponseBase | Awaitable[HttpResponseBase]
_View = TypeVar("_View", bound=Callable[..., Any])
_CALLER = "boundtoken_caller"


def caller_of(request: HttpRequest) -> VerifiedToken | None:
    """The caller of a request, which :class:`AuthMiddleware` let pass. ``None`` if there is none.

    >>> caller_of(HttpRequest()) is None
    True
    """
    caller = getattr(request, _CALLER, None)
    return caller if isinstance(caller, VerifiedToken) else None


class AuthMiddleware:
    """Lets only authenticated requests pass, with a caller and without the token.

    The others are answered with an empty body. Middleware around finds the :class:`boundtoken.auth.Refusal` in
    ``request.boundtoken_refusal``.

    ``BOUNDTOKEN_AUTHENTICATOR``: an :class:`boundtoken.auth.Authenticator`, or a function that returns one, or the dotted path of
    either.

    ``BOUNDTOKEN_OPEN_PATHS``: lets every request for exactly these paths pass, such as probes of the kubelet. No token is looked
    at there, and there is no caller.

    It should come first, or right after ``SecurityMiddleware``::

        MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "boundtoken.auth.django.AuthMiddleware"]
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        """Reads the settings. Raises ``ImproperlyConfigured`` if there is no authenticator in them."""
        self._get_response = get_response
        self._authenticator = _authenticator()
        self._open_paths = _open_paths()
        self._key = key_of(self._authenticator)
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> _Answer:
        """Serves a request."""
        if self._is_async:
            return self._serve_async(request)
        try:
            caller = None
            if request.path_info not in self._open_paths:
                caller = self._authenticator.authenticate(
                    values_of(request.META, self._key), is_preflight=is_preflight(request.META)
                )
        except Refusal as refusal:
            return _answer(request, refusal)
        self._hand_over(request, caller)
        return cast(HttpResponseBase, self._get_response(request))

    async def _serve_async(self, request: HttpRequest) -> HttpResponseBase:
        try:
            caller = None
            if request.path_info not in self._open_paths:
                caller = await self._authenticator.authenticate_async(
                    values_of(request.META, self._key), is_preflight=is_preflight(request.META)
                )
        except Refusal as refusal:
            return _answer(request, refusal)
        self._hand_over(request, caller)
        return cast(HttpResponseBase, await self._get_response(request))

    def _hand_over(self, request: HttpRequest, caller: VerifiedToken | None) -> None:
        """Gives the request its caller, and takes the token from it."""
        setattr(request, _CALLER, caller)
        if self._authenticator.keeps_token:
            return
        request.META.pop(self._key, None)
        # Django keeps what it has read of META, and what the server gave it.
        request.__dict__.pop("headers", None)
        scope = getattr(request, "scope", None)
        if scope is not None:
            name = self._authenticator.header.lower().encode("ascii")
            headers = [header for header in scope["headers"] if header[0].lower() != name]
            setattr(request, "scope", {**scope, "headers": headers})  # noqa: B010


def require(policy: Policy) -> Callable[[_View], _View]:
    """A decorator for views, with and without async, which lets only those callers pass that the policy allows.

    >>> @require(Policy.service_account("demo", "admin"))
    ... async def admin(request):
    ...     return HttpResponse("hello")
    """
    requirement = Requirement(policy)

    def decorate(view: _View) -> _View:
        @wraps(view)
        def checked(request: HttpRequest, *arguments: Any, **named: Any) -> Any:
            try:
                requirement.demand(caller_of(request))
            except Refusal as refusal:
                return _answer(request, refusal)
            return view(request, *arguments, **named)

        @wraps(view)
        async def checked_async(request: HttpRequest, *arguments: Any, **named: Any) -> Any:
            answer = checked(request, *arguments, **named)
            return await answer if isinstance(answer, Awaitable) else answer

        return cast(_View, checked_async if iscoroutinefunction(view) else checked)

    return decorate


def _authenticator() -> Authenticator:
    configured = getattr(settings, "BOUNDTOKEN_AUTHENTICATOR", None)
    found = import_string(configured) if isinstance(configured, str) else configured
    if callable(found):
        found = found()
    if not isinstance(found, Authenticator):
        raise ImproperlyConfigured("BOUNDTOKEN_AUTHENTICATOR is neither an Authenticator nor a function that returns one")
    return found


def _open_paths() -> frozenset[str]:
    paths = getattr(settings, "BOUNDTOKEN_OPEN_PATHS", ())
    if isinstance(paths, str):
        raise ImproperlyConfigured("BOUNDTOKEN_OPEN_PATHS is a collection of paths, such as ['/healthz']")
    return frozenset(paths)


def _answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    setattr(request, "boundtoken_refusal", refusal)  # noqa: B010
    return HttpResponse(status=refusal.status, headers={**dict(refusal.headers), "Content-Length": "0"})
