"""From the header of a request to its caller, or to a refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from boundtoken._boundtoken import VerifiedToken, Verifier
from boundtoken._errors import BoundtokenError, RejectedError
from boundtoken.auth._bearer import demand_one_word, token_of
from boundtoken.auth._policy import Policy
from boundtoken.auth._refusal import Refusal
from boundtoken.auth._refusal_log import RefusalLog


class Authenticator:
    """Authenticates requests, for every framework. The middleware of each is built on it. Safe to share between threads.

    >>> authenticator = Authenticator(verifier, policy=Policy.namespaces("demo"))
    >>> try:
    ...     caller = authenticator.authenticate(["Bearer not-a-token"])
    ... except Refusal as refusal:
    ...     print(refusal.status, refusal.challenge)
    401 Bearer error="invalid_token", error_description="the token does not have exactly three parts"

    Whatever refuses a request tells the logger ``boundtoken.auth``: at most ten times a second, never with a token.
    """

    def __init__(
        self,
        verifier: Verifier | Callable[[], Verifier],
        *,
        policy: Policy | None = None,
        audiences: Sequence[str] | None = None,
        header: str = "Authorization",
        optional: bool = False,
        keep_token: bool = False,
        time_limit_seconds: float = 5.0,
    ) -> None:
        """Authenticates by this verifier, which the authenticator never closes.

        ``verifier``: may be a function that returns it, for a verifier that is built when the service starts. It is called for
        each request.

        ``policy``: lets only those callers pass that it allows. Without one, every caller with a good token passes.

        ``audiences``: accept these in place of the verifier's own.

        ``header``: the header with the token. In another header than ``Authorization`` the scheme ``Bearer`` may be left out. If
        a proxy sets the header, callers must not be able to.

        ``optional``: lets requests without a token pass, without a caller. A token that is there must still be good.

        ``keep_token``: leaves the token in the request, for services that forward it. By default what is behind does not see it.

        ``time_limit_seconds``: how long questions to clusters may take for one request.
        """
        if isinstance(audiences, (str, bytes)) or (audiences is not None and not audiences):
            raise TypeError("audiences is a sequence of texts that is not empty, such as ['vault']")
        self._verifier: Callable[[], Verifier] = (lambda: verifier) if isinstance(verifier, Verifier) else verifier
        self._audiences = None if audiences is None else tuple(audiences)
        self._header, self._is_optional, self._keeps_token = header, optional, keep_token
        self._time_limit_seconds = time_limit_seconds
        self._policy = policy
        self._log = RefusalLog()

    @property
    def header(self) -> str:
        """The name of the header with the token."""
        return self._header

    @property
    def keeps_token(self) -> bool:
        """Whether the token stays in the request."""
        return self._keeps_token

    def authenticate(self, values: Sequence[str | bytes], *, is_preflight: bool = False) -> VerifiedToken | None:
        """Authenticates a caller by the values of the header: none, one, or too many.

        Returns ``None`` if there is no token and the request may pass without: because tokens are optional, or because it is a
        CORS preflight, in which browsers send none. A policy is not asked then. Raises a :class:`Refusal`, which has been logged.
        """
        try:
            token = self._token(values, is_preflight)
            if token is None:
                return None
            try:
                caller = self._verifier().verify_online(
                    token, audiences=self._audiences, timeout_seconds=self._time_limit_seconds
                )
            except BoundtokenError as error:
                raise _refusal_of(error, token) from error
            return self._allowed(caller)
        except Refusal as refusal:
            self._log.refused(refusal)
            raise

    async def authenticate_async(self, values: Sequence[str | bytes], *, is_preflight: bool = False) -> VerifiedToken | None:
        """Like :meth:`authenticate`, for the running event loop of ``asyncio``.

        It waits only if a cluster must be asked about something new. Everything else takes microseconds.
        """
        try:
            token = self._token(values, is_preflight)
            if token is None:
                return None
            try:
                caller = await self._verify_async(token)
            except BoundtokenError as error:
                raise _refusal_of(error, token) from error
            return self._allowed(caller)
        except Refusal as refusal:
            self._log.refused(refusal)
            raise

    def authenticate_again(self, caller: VerifiedToken) -> None:
        """Raises a :class:`Refusal` if a caller is no longer good. For streams and WebSockets, with every message.

        A caller is no longer good when the token has expired, its key was withdrawn, or an object that it is bound to was
        deleted. What cannot be known at the moment ends nothing. It takes less than a microsecond.
        """
        try:
            self._verifier().verify_again(caller)
        except BoundtokenError as error:
            refusal = _refusal_of(error)
            if not refusal.is_temporary:
                self._log.refused(refusal)
                raise refusal from error

    def _token(self, values: Sequence[str | bytes], is_preflight: bool) -> bytes | None:
        token = token_of(values, is_for_tokens_alone=self._header.lower() != "authorization")
        if token is None and not self._is_optional and not is_preflight:
            raise Refusal.unauthenticated()
        return token

    async def _verify_async(self, token: bytes) -> VerifiedToken:
        verifier = self._verifier()
        future = verifier.verify_async(token, audiences=self._audiences)
        if future.done():
            return future.result()
        try:
            return await asyncio.wait_for(future, self._time_limit_seconds)
        except asyncio.TimeoutError:
            # What can be said without an answer.
            return verifier.verify(token, audiences=self._audiences)

    def _allowed(self, caller: VerifiedToken) -> VerifiedToken:
        if self._policy is not None:
            judge(self._policy, caller)
        return caller


class Requirement:
    """A policy for some routes, behind what authenticates. Safe to share between threads."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._log = RefusalLog()

    def demand(self, caller: VerifiedToken | None) -> VerifiedToken:
        """Returns the caller. Raises a :class:`Refusal` if there is none, or if the policy does not allow it."""
        try:
            if caller is None:
                raise Refusal.unauthenticated()
            judge(self._policy, caller)
        except Refusal as refusal:
            self._log.refused(refusal)
            raise
        return caller


def judge(policy: Policy, caller: VerifiedToken) -> None:
    """Raises a :class:`Refusal` if the policy does not allow the caller, or fails."""
    try:
        is_allowed = policy.allows(caller)
    except Exception as error:
        raise Refusal.undecided("the policy failed") from error
    if not is_allowed:
        raise Refusal.forbidden()


def _refusal_of(error: BoundtokenError, token: bytes = b"") -> Refusal:
    """The refusal for an error of the verifier."""
    demand_one_word(token)
    return Refusal.rejected(error) if isinstance(error, RejectedError) else Refusal.undecided(str(error))
