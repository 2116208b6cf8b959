"""Verifies Kubernetes bound service-account tokens inside the service that receives them, in microseconds.

A recipient must refuse a token that is not meant for it, that has expired, whose signature is not valid, or whose bound
object no longer exists. boundtoken checks all of that in memory, and gives the answer of the API server's TokenReview.

>>> import boundtoken
>>> keys = boundtoken.KeySet.from_jwks(
...     '{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}'
... )
>>> issuer = boundtoken.TrustedIssuer("https://kubernetes.default.svc.cluster.local", keys)
>>> verifier = boundtoken.Verifier(issuers=[issuer], audiences=["vault"])
>>> try:
...     verifier.verify("not a token")
... except boundtoken.RejectedError as refusal:
...     print(refusal.name, refusal.http_status)
token_part_count 401
"""

from boundtoken import _interpreter  # noqa: F401 - refuses sub-interpreters before anything else is loaded there
from boundtoken._boundtoken import (
    BoundObject,
    Changes,
    CheckedToken,
    Cluster,
    ClusterChange,
    ClusterStatus,
    Feed,
    KeySet,
    KeyStore,
    ObjectReference,
    ObjectStore,
    SkippedKey,
    Statistics,
    TrustedIssuer,
    UserInfo,
    VerifiedToken,
    Verifier,
    WatchStatus,
    __version__,
    build_info,
)
from boundtoken._enumerations import Change, Confirmed, FastRsaState, ObjectKind, ObjectState, OnUnavailable, Reason
from boundtoken._errors import (
    BoundObjectsError,
    BoundtokenError,
    ClaimsError,
    ClosedError,
    ClusterError,
    ClusterForbiddenError,
    ClusterForkedError,
    ClusterNotInStepError,
    ClusterUnreachableError,
    ConfigurationError,
    HeaderError,
    KeySetError,
    ObjectsError,
    RejectedError,
    SignatureError,
    TokenError,
)
from boundtoken._objects import Present

__all__ = [
    "BoundObject",
    "BoundObjectsError",
    "BoundtokenError",
    "Change",
    "Changes",
    "CheckedToken",
    "ClaimsError",
    "ClosedError",
    "Cluster",
    "ClusterChange",
    "ClusterError",
    "ClusterForbiddenError",
    "ClusterForkedError",
    "ClusterNotInStepError",
    "ClusterStatus",
    "ClusterUnreachableError",
    "ConfigurationError",
    "Confirmed",
    "FastRsaState",
    "Feed",
    "HeaderError",
    "KeySet",
    "KeySetError",
    "KeyStore",
    "ObjectKind",
    "ObjectReference",
    "ObjectState",
    "ObjectStore",
    "ObjectsError",
    "OnUnavailable",
    "Present",
    "Reason",
    "RejectedError",
    "SignatureError",
    "SkippedKey",
    "Statistics",
    "TokenError",
    "TrustedIssuer",
    "UserInfo",
    "VerifiedToken",
    "Verifier",
    "WatchStatus",
    "__version__",
    "build_info",
]
