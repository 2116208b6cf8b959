"""Authenticates the callers of services by Kubernetes bound tokens.

An :class:`Authenticator` verifies the bearer token of each request in memory. There is a module for each kind of service:

- :mod:`boundtoken.auth.fastapi`: a dependency for FastAPI.
- :mod:`boundtoken.auth.asgi`: middleware for Starlette and everything else that speaks ASGI, WebSockets included.
- :mod:`boundtoken.auth.django`: middleware for Django, with and without async.
- :mod:`boundtoken.auth.wsgi`: middleware for Flask and everything else that speaks WSGI.
- :mod:`boundtoken.auth.grpc`: interceptors for gRPC, with and without asyncio.

Requests that do not pass are answered, and do not reach the service:

====== ============================= ========================================================= =====================
HTTP   gRPC                          when                                                      headers
====== ============================= ========================================================= =====================
400    ``UNAUTHENTICATED``           the header with the token is not well-formed, or twice    ``WWW-Authenticate``
401    ``UNAUTHENTICATED``           there is no token, or it is refused                       ``WWW-Authenticate``
403    ``PERMISSION_DENIED``         the policy does not allow the caller                      ``WWW-Authenticate``
503    ``UNAVAILABLE``               nobody can decide at the moment                           ``Retry-After``
500    ``INTERNAL``                  the verifier was closed, or the policy failed
====== ============================= ========================================================= =====================

Middleware takes the token out of the request, so that nothing behind can log or forward it, and lets a CORS preflight pass:
browsers send no token in it.
"""

from boundtoken.auth._authenticator import Authenticator
from boundtoken.auth._policy import Policy
from boundtoken.auth._refusal import Refusal

__all__ = ["Authenticator", "Policy", "Refusal"]
