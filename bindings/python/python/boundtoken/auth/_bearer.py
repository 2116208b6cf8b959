"""Finds the token of a request."""

from __future__ import annotations

from collections.abc import Sequence

from boundtoken.auth._refusal import Refusal

_SCHEME = b"bearer"
_WHITE_SPACE = b" \t\n\f\r"


def token_of(values: Sequence[str | bytes], *, is_for_tokens_alone: bool) -> bytes | None:
    """The token in the values of a header: ``Bearer TOKEN`` (RFC 6750 section 2.1). ``None`` if there is none.

    In ``Authorization`` other schemes are not about tokens. A header that is for tokens alone may leave the scheme out. Raises a
    :class:`Refusal` if the header comes twice, since two readers could take different tokens, or if no token follows.
    """
    if not values:
        return None
    if len(values) > 1:
        raise Refusal.invalid_request("the request has more than one header with a token")
    value = values[0]
    # What a token must not contain may be lost: it is refused either way.
    header = value.encode("latin-1", "replace") if isinstance(value, str) else value
    token = _after_scheme(header)
    if token is None:
        if not is_for_tokens_alone:
            return None
        token = header
    if not token:
        raise Refusal.invalid_request("no token follows the scheme Bearer")
    return token


def demand_one_word(token: bytes) -> None:
    """Raises a :class:`Refusal` if a refused token has text behind it. No token that is accepted has white space in it."""
    if b" " in token or b"\t" in token:
        raise Refusal.invalid_request("the header has text behind the token")


def _after_scheme(header: bytes) -> bytes | None:
    """What follows the scheme and at least one space, or nothing if the scheme is all there is."""
    if header[: len(_SCHEME)].lower() != _SCHEME:
        return None
    rest = header[len(_SCHEME) :]
    return rest.strip(_WHITE_SPACE) if not rest or rest.startswith(b" ") else None
