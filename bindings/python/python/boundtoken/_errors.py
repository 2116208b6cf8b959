"""The exceptions of the package."""

from __future__ import annotations

from boundtoken._enumerations import FAMILIES, Reason


class BoundtokenError(Exception):
    """The base of all exceptions of this package. No message ever contains a token."""


class RejectedError(BoundtokenError):
    """A token was refused. There is a subclass for each family of reasons, in the order of the verification.

    ``str()`` says what was wrong with this token and what to do. That belongs in the server's log. A client gets the
    :attr:`challenge`.
    """

    def __init__(self, message: str, reason: Reason, challenge: str) -> None:
        super().__init__(message, reason, challenge)
        self._message, self._reason, self._challenge = message, reason, challenge

    def __str__(self) -> str:
        return self._message

    @property
    def reason(self) -> Reason:
        """Why the token was refused."""
        return self._reason

    @property
    def number(self) -> int:
        """The stable number of the reason, the same in every language."""
        return int(self._reason)

    @property
    def name(self) -> str:
        """The stable name of the reason, for logs and metrics, such as ``pod_not_found``."""
        return self._reason.stable_name

    @property
    def description(self) -> str:
        """What was wrong, without details of this token."""
        return self._reason.description

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return self._reason.remedy

    @property
    def http_status(self) -> int:
        """The status of an HTTP answer: 503 if nothing can be decided now, else 401 (RFC 6750 section 3.1)."""
        return self._reason.http_status

    @property
    def challenge(self) -> str:
        """The value of the header ``WWW-Authenticate`` for the answer (RFC 6750 section 3)."""
        return self._challenge


class TokenError(RejectedError):
    """The token does not have the form of a token: reasons 101 to 199."""


class HeaderError(RejectedError):
    """The header of the token is not one that a verifier may act on: reasons 201 to 299."""


class SignatureError(RejectedError):
    """No key vouches for the token: none fits, or the signature does not hold: reasons 301 to 399."""


class ClaimsError(RejectedError):
    """The signature holds, but the claims break a rule: issuer, audience, times or form: reasons 401 to 499."""


class BoundObjectsError(RejectedError):
    """The claims are good, but a bound object is gone, or cannot be confirmed: reasons 501 to 599."""


class ConfigurationError(BoundtokenError, ValueError):
    """What a verifier, an issuer or a connection was given cannot be used. The message says what to give instead."""


class KeySetError(ConfigurationError):
    """A document of keys cannot be read. The message never contains key material."""


class ObjectsError(ConfigurationError):
    """A document of objects cannot be read."""


class ClosedError(BoundtokenError):
    """The verifier or the cluster was closed. A call that was running when it was closed finishes."""


class ClusterError(BoundtokenError):
    """Connecting to a cluster failed. The message says which step failed and what to do."""


class ClusterUnreachableError(ClusterError, ConnectionError):
    """The API server does not answer, or not as an API server does."""


class ClusterForbiddenError(ClusterError, PermissionError):
    """The API server refuses the credentials, or they may not read what verifiers need."""


class ClusterNotInStepError(ClusterError):
    """The objects of the cluster could not be listed and watched within the deadline."""


class ClusterForkedError(ClusterError):
    """The process has forked since the cluster was connected to. Nothing follows it here: connect after the fork."""


_BY_FAMILY: dict[str, type[RejectedError]] = {
    "token": TokenError,
    "header": HeaderError,
    "signature": SignatureError,
    "claims": ClaimsError,
    "bound_objects": BoundObjectsError,
}
_BY_HUNDREDS = {first // 100: _BY_FAMILY[name] for name, (first, _) in FAMILIES.items()}


def rejected(number: int, message: str, challenge: str) -> RejectedError:
    """Makes the exception for a refusal."""
    return _BY_HUNDREDS[number // 100](message, Reason(number), challenge)
