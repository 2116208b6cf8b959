"""Why a request was refused, and how to answer it."""

from __future__ import annotations

from http import HTTPStatus

from boundtoken._errors import BoundtokenError, RejectedError


class Refusal(BoundtokenError):
    """Why a request was refused, and how to answer it.

    It never contains a token. ``str()`` is for the log of the service. A caller learns no more than the :attr:`status`, the
    :attr:`challenge` and the :attr:`description`. Its ``__cause__`` is the :class:`boundtoken.RejectedError`, if the token was
    refused.

    >>> try:
    ...     authenticator.authenticate([])
    ... except Refusal as refusal:
    ...     print(refusal.status, refusal.headers, refusal)
    401 (('WWW-Authenticate', 'Bearer'),) the request has no token
    """

    def __init__(
        self, name: str, status: int, description: str, challenge: str | None = None, message: str | None = None
    ) -> None:
        super().__init__(name, int(status), description, challenge, message)
        self._name, self._status, self._description = name, int(status), description
        self._challenge, self._message = challenge, message

    def __str__(self) -> str:
        return self._message or self._description

    @property
    def name(self) -> str:
        """The stable name, for logs and metrics.

        That is the name of the reason, or ``unauthenticated``, ``invalid_request``, ``forbidden``, ``undecided``.
        """
        return self._name

    @property
    def status(self) -> int:
        """The status of the answer: 400, 401, 403 or 503, and 500 if the verifier or the policy failed."""
        return self._status

    @property
    def description(self) -> str:
        """What the caller may learn in words: no more than the challenge says."""
        return self._description

    @property
    def challenge(self) -> str | None:
        """The value of ``WWW-Authenticate`` (RFC 6750 section 3). ``None`` where another token would not help."""
        return self._challenge

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may succeed a moment later."""
        return self._status == HTTPStatus.SERVICE_UNAVAILABLE

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of the answer: ``WWW-Authenticate``, or ``Retry-After`` if the refusal is temporary."""
        challenge = () if self._challenge is None else (("WWW-Authenticate", self._challenge),)
        return (*challenge, ("Retry-After", "1")) if self.is_temporary else challenge

    @classmethod
    def unauthenticated(cls) -> Refusal:
        """The request has no token."""
        return cls("unauthenticated", HTTPStatus.UNAUTHORIZED, "the request has no token", "Bearer")

    @classmethod
    def invalid_request(cls, description: str) -> Refusal:
        """The header with the token is not well-formed."""
        challenge = f'Bearer error="invalid_request", error_description="{description}"'
        return cls("invalid_request", HTTPStatus.BAD_REQUEST, description, challenge)

    @classmethod
    def forbidden(cls) -> Refusal:
        """The caller is known, and is not allowed to do this."""
        description = "the policy does not allow this caller"
        return cls("forbidden", HTTPStatus.FORBIDDEN, description, 'Bearer error="insufficient_scope"')

    @classmethod
    def undecided(cls, failed: str) -> Refusal:
        """Nothing was decided, because something failed. ``failed`` says what, for the log."""
        description = "the caller could not be authenticated"
        return cls("undecided", HTTPStatus.INTERNAL_SERVER_ERROR, description, message=failed)

    @classmethod
    def rejected(cls, error: RejectedError) -> Refusal:
        """The token is refused, or nobody can decide about it at the moment."""
        status = error.http_status
        # Another token would not help if nobody can decide.
        challenge = None if status == HTTPStatus.SERVICE_UNAVAILABLE else error.challenge
        return cls(error.name, status, error.description, challenge, str(error))
