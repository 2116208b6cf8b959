"""A dependency for FastAPI, which shows in the OpenAPI document.

>>> from typing import Annotated
>>> from fastapi import Depends, FastAPI
>>> from boundtoken.auth.fastapi import BoundToken
>>> auth = BoundToken(Authenticator(verifier, policy=Policy.namespaces("demo")))
>>> Caller = Annotated[boundtoken.VerifiedToken, Depends(auth)]
>>> app = FastAPI()
>>> @app.get("/")
... async def greet(caller: Caller) -> str:
...     return f"hello, {caller.subject}"
>>> app.openapi()["components"]["securitySchemes"]["BoundToken"]["scheme"]
'bearer'

:class:`boundtoken.auth.asgi.AuthMiddleware` guards a whole application.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Depends, HTTPException
from fastapi.openapi.models import APIKey, HTTPBearer
from fastapi.requests import HTTPConnection
from fastapi.security.base import SecurityBase

from boundtoken._boundtoken import VerifiedToken
from boundtoken.auth._authenticator import Authenticator, Requirement
from boundtoken.auth._policy import Policy
from boundtoken.auth._refusal import Refusal

__all__ = ["BoundToken", "RefusedError"]


class RefusedError(HTTPException):
    """A request was refused. FastAPI answers it, or an exception handler of your own.

    >>> @app.exception_handler(RefusedError)
    ... async def answer(request, refused):
    ...     return Response(status_code=refused.status_code, headers=refused.headers)
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.status, detail=refusal.description, headers=dict(refusal.headers))
        self._refusal = refusal

    @property
    def refusal(self) -> Refusal:
        """Why the request was refused."""
        return self._refusal


class BoundToken(SecurityBase):
    """A dependency that gives the caller: a :class:`boundtoken.VerifiedToken`. For HTTP and for WebSockets.

    It raises :class:`RefusedError` for everybody else. With an authenticator that is ``optional`` the caller is ``None`` if
    there is no token. A token that was seen before takes microseconds on the event loop, and a first one some more. Only if a
    cluster must be asked about something new, the request waits, and the event loop goes on.

    A dependency cannot take the token out of the request. The middleware does.

    >>> auth = BoundToken(Authenticator(verifier))
    >>> Caller = Annotated[boundtoken.VerifiedToken, Depends(auth)]

    A verifier that is built when the service starts belongs to the service::

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            with await Cluster.connect_async() as cluster:
                app.state.verifier = Verifier(issuers=[cluster], audiences=["my-service"])
                yield

        app = FastAPI(lifespan=lifespan)
        auth = BoundToken(Authenticator(lambda: app.state.verifier))
    """

    def __init__(self, authenticator: Authenticator, *, scheme_name: str = "BoundToken", description: str | None = None) -> None:
        """Authenticates by this authenticator.

        ``scheme_name``, ``description``: of the security scheme in the OpenAPI document.
        """
        self._authenticator = authenticator
        self.scheme_name = scheme_name
        description = description or "A Kubernetes service-account token for the audience of this service"
        if authenticator.header.lower() == "authorization":
            self.model = HTTPBearer(bearerFormat="JWT", description=description)
        else:
            self.model = APIKey.model_validate({"in": "header", "name": authenticator.header, "description": description})

    async def __call__(self, request: HTTPConnection) -> VerifiedToken | None:
        """Authenticates the caller of a request, or raises :class:`RefusedError`."""
        try:
            return await self._authenticator.authenticate_async(request.headers.getlist(self._authenticator.header))
        except Refusal as refusal:
            raise RefusedError(refusal) from refusal

    def require(self, policy: Policy) -> Callable[[VerifiedToken | None], Awaitable[VerifiedToken]]:
        """A dependency for single routes, which lets only those callers pass that the policy allows. The token is verified once.

        >>> Admin = Annotated[boundtoken.VerifiedToken, Depends(auth.require(Policy.service_account("demo", "admin")))]
        """
        requirement = Requirement(policy)

        async def allowed(caller: VerifiedToken | None = Depends(self)) -> VerifiedToken:  # noqa: B008
            try:
                return requirement.demand(caller)
            except Refusal as refusal:
                raise RefusedError(refusal) from refusal

        return allowed
