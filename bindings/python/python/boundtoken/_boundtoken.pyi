"""The extension module. Import its names from ``boundtoken``."""

from asyncio import Future
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from datetime import datetime
from os import PathLike
from types import TracebackType
from typing import Any, Literal, TypeAlias, final

from boundtoken._enumerations import Change, Confirmed, FastRsaState, ObjectKind, ObjectState, OnUnavailable
from boundtoken._errors import RejectedError
from boundtoken._objects import Present

#: The version of the library.
__version__: str

#: Whole seconds since 1970, or a ``datetime`` with a time zone.
_Time: TypeAlias = int | datetime
_Token: TypeAlias = str | bytes
_LookUp: TypeAlias = Callable[[ObjectReference], Present | ObjectState]
_Objects: TypeAlias = ObjectStore | _LookUp

@final
class SkippedKey:
    """A key of a document that cannot be used. Immutable."""

    @property
    def index(self) -> int:
        """Its place in the document, counted from 0."""
    @property
    def kid(self) -> str | None:
        """Its ``kid``, if it has one."""
    @property
    def reason(self) -> str:
        """Why it was skipped, and what to do."""

@final
class KeySet:
    """The public keys of one issuer. Immutable, and safe to share between threads.

    >>> keys = boundtoken.KeySet.from_jwks(jwks)
    >>> len(keys), keys.skipped
    (1, ())
    """

    @staticmethod
    def from_jwks(document: str | bytes) -> KeySet:
        """Reads a JSON Web Key Set (RFC 7517 section 5), as an API server serves at ``/openid/v1/jwks``.

        A key that cannot be used is skipped: see :attr:`skipped`. Raises :class:`KeySetError` if the document is no key
        set, or is larger than 1 MiB.
        """
    @staticmethod
    def from_pem(document: str | bytes) -> KeySet:
        """Reads the keys of a PEM file, such as the API server's ``--service-account-key-file``.

        Raises :class:`KeySetError` if it has no usable key. Of private keys only the public half is kept.
        """
    def __len__(self) -> int:
        """The number of keys."""
    @property
    def kids(self) -> tuple[str | None, ...]:
        """The ``kid`` of each key, in their order."""
    @property
    def skipped(self) -> tuple[SkippedKey, ...]:
        """The keys of the document that cannot be used."""

@final
class KeyStore:
    """A handle on an issuer's current keys, which can be replaced while verifiers use them. Safe to share between threads.

    >>> store = boundtoken.KeyStore(boundtoken.KeySet.from_jwks(jwks), max_age_seconds=3600)
    >>> issuer = boundtoken.TrustedIssuer("https://kubernetes.default.svc.cluster.local", store)
    >>> store.replace(boundtoken.KeySet.from_jwks(jwks))  # later, while verifiers of the issuer are in use
    >>> store.is_stale
    False
    """

    def __new__(cls, keys: KeySet, *, max_age_seconds: float | None = None) -> KeyStore:
        """Holds these keys.

        ``max_age_seconds``: how long they count as current. Past this age verifiers refuse the issuer's tokens with
        ``Reason.KEYS_STALE``. There is no limit without it.
        """
    def replace(self, keys: KeySet) -> None:
        """Replaces the keys, and restarts their age. Calls that are running finish with the keys they began with."""
    def renew(self) -> None:
        """Marks the keys as current, which restarts their age."""
    @property
    def keys(self) -> KeySet:
        """The current keys."""
    @property
    def is_stale(self) -> bool:
        """Whether the keys are older than their maximum age."""

@final
class ObjectReference:
    """The object that a look-up is about. Immutable and hashable."""

    def __new__(cls, kind: ObjectKind, namespace: str, name: str) -> ObjectReference:
        """Refers to an object. The namespace is empty for a kind without namespaces."""
    @property
    def kind(self) -> ObjectKind:
        """The kind of the object."""
    @property
    def namespace(self) -> str:
        """The namespace of the object. Empty for a kind without namespaces."""
    @property
    def name(self) -> str:
        """The name of the object."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class BoundObject:
    """An object that a token is bound to. Immutable and hashable."""

    @property
    def kind(self) -> ObjectKind:
        """The kind of the object."""
    @property
    def namespace(self) -> str:
        """The namespace of the object. Empty for a kind without namespaces."""
    @property
    def name(self) -> str:
        """The name of the object."""
    @property
    def uid(self) -> str:
        """The uid that the object must have. Empty for the node of a pod if the token does not say it."""
    @property
    def reference(self) -> ObjectReference:
        """The object without its uid, to look it up."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class ObjectStore:
    """The objects of a cluster that tokens are bound to, in memory. Safe to share between threads.

    >>> objects = boundtoken.ObjectStore()
    >>> objects.upsert(boundtoken.ObjectKind.POD, "demo", "app-0", "e5bf3f7d-fbca-403d-a58f-f50f44e8da63")
    >>> objects.look_up(boundtoken.ObjectReference(boundtoken.ObjectKind.POD, "demo", "app-0"))
    Present(uid='e5bf3f7d-fbca-403d-a58f-f50f44e8da63', deletion_timestamp=None)
    >>> objects.delete(boundtoken.ObjectKind.POD, "demo", "app-0"), len(objects)
    (True, 0)
    """

    def __new__(cls) -> ObjectStore:
        """An empty store. An object that is not in it does not exist."""
    @staticmethod
    def from_json(document: str | bytes) -> ObjectStore:
        """A store with the objects of a JSON document. See :meth:`load_json`."""
    @staticmethod
    def following(
        scopes: Sequence[ObjectKind | tuple[ObjectKind, str]], *, max_staleness_seconds: float
    ) -> tuple[ObjectStore, tuple[Feed, ...]]:
        """A store that watches of your own fill, with a feed for each scope.

        A scope is a kind, or a kind in one namespace. The store is stale until each feed has had its first list, and
        whenever a feed has proven nothing for longer than ``max_staleness_seconds``. Verifiers then refuse tokens with
        ``Reason.BOUND_OBJECT_UNAVAILABLE``.
        """
    def load_json(self, document: str | bytes) -> int:
        """Adds the objects of a JSON document. Returns their number.

        The document is what ``kubectl get serviceaccounts,pods,nodes -A -o json`` prints, an array of objects, one
        object, or an object with a list for each resource: ``{"pods": [...], "nodes": [...]}``. Kinds that no token is
        bound to are skipped. Raises :class:`ObjectsError`, and adds nothing, if it cannot be read.
        """
    def replace_json(self, document: str | bytes) -> int:
        """Replaces all objects by those of a JSON document. Returns their number.

        Each object changes from its old state to the new one at once. One that stays is never absent in between.
        """
    def replace(self, content: ObjectStore) -> None:
        """Replaces all objects by those of another store, like :meth:`replace_json`."""
    def upsert(self, kind: ObjectKind, namespace: str, name: str, uid: str, *, deletion_timestamp: _Time | None = None) -> None:
        """Adds or replaces an object. ``deletion_timestamp``: its ``metadata.deletionTimestamp``."""
    def delete(self, kind: ObjectKind, namespace: str, name: str) -> bool:
        """Removes an object. Returns whether it was there."""
    def look_up(self, reference: ObjectReference) -> Present | ObjectState:
        """What the store knows of an object. So a store can stand wherever a look-up does."""
    def __len__(self) -> int:
        """The number of objects."""
    @property
    def is_stale(self) -> bool:
        """Whether a store that follows a cluster has lost touch for too long. Always false for other stores."""

@final
class Feed:
    """Fills a store with what one watch tells: see :meth:`ObjectStore.following`. Safe to share between threads.

    >>> store, (pods,) = boundtoken.ObjectStore.following([boundtoken.ObjectKind.POD], max_staleness_seconds=150)
    >>> store.is_stale
    True
    >>> pods.replace([("demo", "app-0", "e5bf3f7d-fbca-403d-a58f-f50f44e8da63", None)])  # every watch begins with a list
    >>> pods.delete("demo", "app-0", "e5bf3f7d-fbca-403d-a58f-f50f44e8da63")  # then come events
    >>> len(store), store.is_stale
    (0, False)
    """

    def replace(self, objects: Sequence[tuple[str, str, str, _Time | None]], *, age_seconds: float = 0.0) -> None:
        """Takes a list of all objects: namespace, name, uid and deletionTimestamp of each.

        ``age_seconds``: how long ago the list was requested.
        """
    def upsert(self, namespace: str, name: str, uid: str, *, deletion_timestamp: _Time | None = None) -> None:
        """Takes an event: the object was added or has changed."""
    def delete(self, namespace: str, name: str, uid: str) -> None:
        """Takes an event: the object was deleted."""
    def prove(self, *, age_seconds: float = 0.0) -> None:
        """Says that the watch was up to date so long ago, as a bookmark does."""

@final
class TrustedIssuer:
    """An issuer whose tokens are accepted. One cluster is one trusted issuer. Immutable.

    >>> issuer = boundtoken.TrustedIssuer(
    ...     "https://kubernetes.default.svc.cluster.local", boundtoken.KeySet.from_jwks(jwks), label="blue"
    ... )
    >>> issuer.label
    'blue'

    A function of your own can look the objects up:

    >>> def look_up(reference: boundtoken.ObjectReference) -> boundtoken.Present | boundtoken.ObjectState:
    ...     return boundtoken.ObjectState.ABSENT
    >>> issuer = boundtoken.TrustedIssuer("https://issuer.example.com", keys, bound_objects=look_up)
    """

    def __new__(
        cls,
        name: str,
        keys: KeySet | KeyStore,
        *,
        label: str | None = None,
        also_named: Sequence[str] = (),
        bound_objects: _Objects | None = None,
    ) -> TrustedIssuer:
        """Trusts an issuer that writes exactly ``name`` into ``iss`` and signs with ``keys``.

        ``label``: your own name for it, which accepted tokens repeat. The default is ``name``. Clusters that write the
        same ``iss`` need labels of their own.

        ``also_named``: other names that it writes.

        ``bound_objects``: where the objects are looked up that tokens are bound to. A function is called during each
        verification, by any thread, so it should answer from memory. If it raises, or answers something else, the
        object counts as ``ObjectState.UNAVAILABLE``, and the logger ``boundtoken`` is told. Without ``bound_objects``,
        tokens are accepted as ``Confirmed.NOT_CHECKED``.
        """
    @property
    def label(self) -> str:
        """The label."""

@final
class UserInfo:
    """The user that a token speaks for: ``status.user`` of a TokenReview. Immutable."""

    @property
    def username(self) -> str:
        """``system:serviceaccount:NAMESPACE:NAME``."""
    @property
    def uid(self) -> str:
        """The uid of the service account."""
    @property
    def groups(self) -> tuple[str, ...]:
        """``system:serviceaccounts``, ``system:serviceaccounts:NAMESPACE``, ``system:authenticated``."""
    @property
    def extra(self) -> Mapping[str, tuple[str, ...]]:
        """More about the token: the credential id, and the pod and node that it names."""
    def to_dict(self) -> dict[str, Any]:
        """The user as a TokenReview writes it in JSON."""

@final
class VerifiedToken:
    """An accepted token. Immutable, and safe to share between threads. It does not contain the token itself.

    Each property is decoded when it is read. It cannot be pickled: another process verifies the token itself.

    >>> caller = verifier.verify(token, now=now)
    >>> caller.subject, caller.pod
    ('system:serviceaccount:demo:app', <BoundObject Pod demo/live uid=e5bf3f7d-fbca-403d-a58f-f50f44e8da63>)
    >>> caller.expires_at.isoformat(), caller.expires_at_seconds
    ('2026-11-24T13:11:18+00:00', 1795525878)
    >>> caller.user_info.groups
    ('system:serviceaccounts', 'system:serviceaccounts:demo', 'system:authenticated')
    """

    @property
    def subject(self) -> str:
        """The user name: ``system:serviceaccount:NAMESPACE:NAME`` (``sub``)."""
    @property
    def namespace(self) -> str:
        """The namespace of the service account."""
    @property
    def service_account(self) -> BoundObject:
        """The service account that the token speaks for."""
    @property
    def pod(self) -> BoundObject | None:
        """The pod that the token is bound to."""
    @property
    def secret(self) -> BoundObject | None:
        """The secret that the token is bound to."""
    @property
    def node(self) -> BoundObject | None:
        """The node that the token is bound to or, in a token bound to a pod, the node of that pod."""
    @property
    def bound_objects(self) -> tuple[BoundObject, ...]:
        """The objects that must exist for the token to be good, in the API server's order."""
    @property
    def confirmed(self) -> Confirmed:
        """Whether these objects were confirmed to exist."""
    @property
    def issuer(self) -> str:
        """The issuer (``iss``)."""
    @property
    def issuer_label(self) -> str:
        """The label of the trusted issuer that the token belongs to. It identifies the cluster."""
    @property
    def audiences(self) -> tuple[str, ...]:
        """All audiences of the token (``aud``), in the token's order."""
    @property
    def matched_audiences(self) -> tuple[str, ...]:
        """The accepted audiences that the token names: ``status.audiences`` of a TokenReview. Never empty."""
    @property
    def expires_at(self) -> datetime:
        """When the token expires (``exp``), in UTC."""
    @property
    def expires_at_seconds(self) -> int:
        """When the token expires (``exp``), in Unix seconds."""
    @property
    def issued_at(self) -> datetime | None:
        """When the token was issued (``iat``), in UTC."""
    @property
    def issued_at_seconds(self) -> int | None:
        """When the token was issued (``iat``), in Unix seconds."""
    @property
    def not_before(self) -> datetime | None:
        """When the token becomes valid (``nbf``), in UTC."""
    @property
    def not_before_seconds(self) -> int | None:
        """When the token becomes valid (``nbf``), in Unix seconds."""
    @property
    def warn_after(self) -> datetime | None:
        """When the API server starts to count the token as stale (``warnafter``), in UTC."""
    @property
    def jti(self) -> str | None:
        """The identifier of the token (``jti``)."""
    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of the user, as :attr:`UserInfo.groups`."""
    @property
    def attested_api_groups(self) -> tuple[str, ...]:
        """The API groups whose admission reviews the caller may send (KEP-6060). ``*`` stands for all."""
    @property
    def user_info(self) -> UserInfo:
        """The user that the token speaks for: ``status.user`` of a TokenReview."""
    @property
    def claims_json(self) -> str:
        """The claims as they were signed: one JSON object."""
    @property
    def claims(self) -> dict[str, Any]:
        """The claims as they were signed. Each call reads the JSON again and returns a new ``dict``."""
    def to_json(self) -> str:
        """Everything as a JSON object: ``user``, ``issuerLabel``, ``audiences``, ``confirmed``, ``boundObjects``, ``claims``."""

@final
class CheckedToken:
    """A token that is authentic and meant for the verifier, but whose bound objects nobody has looked up yet. Immutable.

    It is not accepted before :meth:`Verifier.confirm`.

    >>> checked = verifier.check(token, now=now)
    >>> answers = {bound.reference: boundtoken.Present(bound.uid) for bound in checked.bound_objects}  # ask a network
    >>> verifier.confirm(checked, answers, now=now).confirmed.name
    'LIVE'
    """

    @property
    def bound_objects(self) -> tuple[BoundObject, ...]:
        """The objects to look up, in the order in which they will be judged."""
    @property
    def issuer_label(self) -> str:
        """The label of the trusted issuer whose objects can confirm the token."""

@final
class Statistics:
    """What a verifier has decided so far, and what it remembers. Immutable.

    >>> verifier.statistics().to_dict()["refused_for_claims"]
    0
    """

    @property
    def accepted_first(self) -> int:
        """Tokens that were accepted after their signature was checked."""
    @property
    def accepted_again(self) -> int:
        """Tokens that were accepted because they had been accepted before."""
    @property
    def refused_for_form(self) -> int:
        """Refusals for the form of the token: reasons 100 to 199."""
    @property
    def refused_for_header(self) -> int:
        """Refusals for the header: reasons 200 to 299."""
    @property
    def refused_for_key(self) -> int:
        """Refusals for the key or the signature: reasons 300 to 399."""
    @property
    def refused_for_claims(self) -> int:
        """Refusals for the claims: reasons 400 to 499."""
    @property
    def refused_for_objects(self) -> int:
        """Refusals for the bound objects: reasons 500 to 599."""
    @property
    def remembered_tokens(self) -> int:
        """Tokens that the cache holds now."""
    @property
    def cache_size(self) -> int:
        """About how much memory they take, in bytes."""
    @property
    def keys(self) -> int:
        """Keys of all issuers now."""
    @property
    def fast_rsa_state(self) -> FastRsaState:
        """Whether this process has the fast path for RS256."""
    @property
    def fast_rsa_keys(self) -> int:
        """Keys of all issuers that it serves now."""
    @property
    def fast_rsa_keys_refused(self) -> int:
        """In this process: keys that it does not serve because they failed their self-test."""
    @property
    def fast_rsa_accepted_checked(self) -> int:
        """In this process: signatures that it accepted and that the cryptography library checked again."""
    @property
    def fast_rsa_refused_checked(self) -> int:
        """In this process: signatures that it refused and that the cryptography library checked again."""
    @property
    def fast_rsa_refused_unchecked(self) -> int:
        """In this process: signatures that it refused and that were not checked again, because there were too many."""
    @property
    def fast_rsa_disagreements(self) -> int:
        """In this process: how often the cryptography library came to another verdict, which was then used."""
    def to_dict(self) -> dict[str, int]:
        """All numbers by their names."""

@final
class Verifier:
    """Verifies bound tokens in memory. Build one at start-up and keep it. Safe to share between threads.

    A token that was accepted before is decided in well under a microsecond, with the GIL held. Any other releases the
    GIL while its signature is checked.

    >>> issuer = boundtoken.TrustedIssuer(
    ...     "https://kubernetes.default.svc.cluster.local",
    ...     boundtoken.KeySet.from_jwks(jwks),
    ...     bound_objects=boundtoken.ObjectStore.from_json(objects),
    ... )
    >>> with boundtoken.Verifier(issuers=[issuer], audiences=["vault"]) as verifier:
    ...     verifier.verify(token, now=now).subject
    'system:serviceaccount:demo:app'
    >>> verifier.verify(token)
    Traceback (most recent call last):
        ...
    boundtoken._errors.ClosedError: the verifier was closed
    """

    def __new__(
        cls,
        *,
        issuers: Sequence[TrustedIssuer | Cluster],
        audiences: Sequence[str],
        leeway_seconds: int = 60,
        on_unavailable: OnUnavailable = OnUnavailable.REFUSE,
        max_token_size: int = 16384,
        cached_tokens: int = 10000,
        cache_size: int = 33554432,
    ) -> Verifier:
        """Builds a verifier. Raises :class:`ConfigurationError` if something is missing or out of range.

        ``issuers``: whose tokens are accepted. A cluster that is followed is one.

        ``audiences``: the identifiers of this service. A token must name one of them, letter by letter.

        ``leeway_seconds``: how much the clocks of issuer and verifier may differ. At most 3,600.

        ``on_unavailable``: what to do with a token if its objects cannot be looked up, or if what is known is outdated.

        ``max_token_size``: the size of the largest token that is looked at, in bytes. At most 1 MiB.

        ``cached_tokens``, ``cache_size``: how many accepted tokens are remembered, and how many bytes they may take. 0
        turns the cache off.
        """
    def verify(self, token: _Token, *, audiences: Sequence[str] | None = None, now: _Time | None = None) -> VerifiedToken:
        """Verifies a token, or raises a :class:`RejectedError`. It asks nobody, and never waits.

        ``token``: the bare token, without ``Bearer`` and without white space around it.

        ``audiences``: accept these in place of the verifier's own. ``now``: the time, in place of the system's clock.

        Raises :class:`ClosedError` if the verifier was closed.
        """
    def verify_cached(
        self, token: _Token, *, audiences: Sequence[str] | None = None, now: _Time | None = None
    ) -> VerifiedToken | None:
        """Like :meth:`verify`, if that takes no signature check. ``None`` if it does: call :meth:`verify` then."""
    def verify_online(
        self, token: _Token, *, audiences: Sequence[str] | None = None, timeout_seconds: float = 20.0
    ) -> VerifiedToken:
        """Like :meth:`verify`, and asks the verifier's clusters if that can change the verdict, for so long.

        They are asked about a token with an unknown key, or of an object that was created a moment ago. Raises
        :class:`ClusterForkedError` in a child of the process that connected.
        """
    def verify_async(self, token: _Token, *, audiences: Sequence[str] | None = None) -> Future[VerifiedToken]:
        """Like :meth:`verify_online`, for the running event loop of ``asyncio``. Await the result.

        A token that was accepted before is decided at once. Any other is checked by a thread.
        """
    def verify_batch(
        self, tokens: Sequence[_Token], *, threads: int | None = None, now: _Time | None = None
    ) -> list[VerifiedToken | RejectedError]:
        """Verifies many tokens on up to so many threads, for logs and queues. The verdicts are in the order of the tokens.

        ``threads``: the default is as many as there are processors.
        """
    def verify_again(self, token: VerifiedToken, *, now: _Time | None = None) -> VerifiedToken:
        """Judges an accepted token again, without its bytes: key, times and bound objects. For long connections."""
    def check(self, token: _Token, *, audiences: Sequence[str] | None = None, now: _Time | None = None) -> CheckedToken:
        """Checks everything except the bound objects. :meth:`confirm` does the rest. For look-ups that must wait.

        Raises a :class:`RejectedError` if the token is refused already.
        """
    def confirm(
        self,
        checked: CheckedToken,
        objects: _LookUp | Mapping[ObjectReference, Present | ObjectState],
        *,
        now: _Time | None = None,
    ) -> VerifiedToken:
        """Judges a checked token by its bound objects: a function, or the answers that were looked up.

        An object that a mapping lacks counts as ``ObjectState.UNAVAILABLE``.
        """
    def statistics(self) -> Statistics:
        """What was decided so far."""
    def close(self) -> None:
        """Frees the verifier. Calls that are running finish. Later ones raise :class:`ClosedError`."""
    def __enter__(self) -> Verifier: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> Literal[False]: ...

@final
class Cluster:
    """A connection to a Kubernetes cluster, whose keys and objects a thread keeps current. Safe to share between threads.

    Verifiers built from it share what it knows. It cannot be used after a fork: connect in the child. What happens to the
    connection goes to the loggers below ``boundtoken``, from the level on that ``boundtoken`` has when it is connected to::

        with boundtoken.Cluster.connect() as cluster:
            verifier = boundtoken.Verifier(issuers=[cluster], audiences=["vault"])
            caller = verifier.verify_online(token)

    In an event loop::

        with await boundtoken.Cluster.connect_async() as cluster:
            verifier = boundtoken.Verifier(issuers=[cluster], audiences=["vault"])
            caller = await verifier.verify_async(token)
    """

    @staticmethod
    def connect(
        *,
        kubeconfig: str | PathLike[str] | None = None,
        context: str | None = None,
        in_cluster: bool = False,
        label: str | None = None,
        namespaces: Sequence[str] | None = None,
        secrets: bool | None = None,
        nodes: bool | None = None,
        webhook_configurations: bool | None = None,
        max_staleness_seconds: float | None = None,
        deadline_seconds: float | None = None,
        unknown_key_wait_seconds: float | None = None,
        max_key_age_seconds: float | None = None,
    ) -> Cluster:
        """Connects, and waits until keys and objects are known. Ctrl-C gives it up.

        ``kubeconfig``, ``context``: which cluster. The default is the one of the pod, of ``KUBECONFIG``, or of
        ``~/.kube/config``. ``in_cluster``: only the one of the pod.

        ``namespaces``: follow pods, secrets and service accounts of these only.

        ``secrets``, ``nodes``, ``webhook_configurations``: whether to follow objects of these kinds.

        ``max_staleness_seconds``: how long the last known state counts if the connection is lost.

        ``deadline_seconds``: how long connecting may take.

        ``unknown_key_wait_seconds``: how long :meth:`Verifier.verify_online` waits for new keys.

        ``max_key_age_seconds``: how old the keys may be.

        Raises :class:`ConfigurationError` or a :class:`ClusterError`.
        """
    @staticmethod
    def connect_async(
        *,
        kubeconfig: str | PathLike[str] | None = None,
        context: str | None = None,
        in_cluster: bool = False,
        label: str | None = None,
        namespaces: Sequence[str] | None = None,
        secrets: bool | None = None,
        nodes: bool | None = None,
        webhook_configurations: bool | None = None,
        max_staleness_seconds: float | None = None,
        deadline_seconds: float | None = None,
        unknown_key_wait_seconds: float | None = None,
        max_key_age_seconds: float | None = None,
    ) -> Future[Cluster]:
        """Like :meth:`connect`, for the running event loop of ``asyncio``. Await the result. To cancel it gives it up."""
    @property
    def issuer(self) -> str:
        """The name of the cluster's issuer."""
    @property
    def label(self) -> str:
        """The label of the cluster, which accepted tokens repeat. The default is the name of its issuer."""
    @property
    def is_stale(self) -> bool:
        """Whether verifiers refuse tokens because what is known is outdated. For ``/readyz``. True once it is closed."""
    def status(self) -> ClusterStatus:
        """What is known and how current it is, for logs and metrics. It takes longer the more objects there are."""
    def changes(self) -> Changes:
        """Reports what changes from now on, for logs and alarms. Verifiers need no help to notice a change."""
    def close(self) -> None:
        """Ends the connection. Verifiers refuse its tokens as soon as what is known is outdated."""
    def __enter__(self) -> Cluster: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> Literal[False]: ...

@final
class WatchStatus:
    """The state of one watch of a cluster. Immutable."""

    @property
    def kind(self) -> ObjectKind:
        """The kind of its objects."""
    @property
    def namespace(self) -> str | None:
        """Their namespace, or ``None`` for the whole cluster."""
    @property
    def in_step(self) -> bool:
        """Whether the watch is connected and up to date."""
    @property
    def age_seconds(self) -> int:
        """How long ago it was last up to date."""
    @property
    def objects(self) -> int:
        """How many objects it knows."""
    @property
    def events(self) -> int:
        """How many events have come so far."""
    @property
    def reconnects(self) -> int:
        """How often the connection was made anew."""
    @property
    def failure(self) -> str | None:
        """What has failed since the watch last heard from the API server."""

@final
class ClusterStatus:
    """What was known of a cluster at one moment, and how current it was. Immutable."""

    @property
    def issuer(self) -> str:
        """The name of the issuer."""
    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ``kid`` of each key in use."""
    @property
    def keys_loaded_at(self) -> datetime:
        """When the keys were last loaded, in UTC."""
    @property
    def keys_failure(self) -> str | None:
        """Why the last attempt to load the keys failed."""
    @property
    def keys_withdrawn(self) -> bool:
        """Whether the cluster publishes no usable key. All its tokens are refused then."""
    @property
    def keys_stale(self) -> bool:
        """Whether the keys are older than ``max_key_age_seconds``."""
    @property
    def stale(self) -> bool:
        """Whether verifiers refuse tokens because what is known is outdated."""
    @property
    def watches(self) -> tuple[WatchStatus, ...]:
        """One for each kind and namespace."""
    def to_json(self) -> str:
        """All of it as a JSON object, as the C library reports it."""

@final
class ClusterChange:
    """A change in what a cluster knows. Immutable."""

    @property
    def change(self) -> Change:
        """What has changed."""
    @property
    def kind(self) -> ObjectKind | None:
        """The kind of the objects that a watch follows, unless a key has changed."""
    @property
    def namespace(self) -> str | None:
        """Their namespace, or ``None`` for the whole cluster."""
    @property
    def kid(self) -> str | None:
        """The ``kid`` of a key that has changed."""
    @property
    def failure(self) -> str | None:
        """Why a connection was lost."""

@final
class Changes:
    """The changes of a cluster, in order. An iterator for ``for`` and for ``async for``. It ends when the cluster is closed.

    At most 1,024 changes wait. The oldest are dropped. A thread that waits for changes should be a daemon: Python waits for any
    other thread before it ends.
    """

    def __iter__(self) -> Iterator[ClusterChange]: ...
    def __next__(self) -> ClusterChange: ...
    def __aiter__(self) -> AsyncIterator[ClusterChange]: ...
    def __anext__(self) -> Coroutine[Any, Any, ClusterChange]: ...
    def next(self, timeout_seconds: float) -> ClusterChange | None:
        """Waits for the next change, at most so long. ``None`` if there was none.

        Raises :class:`ClosedError` at the end.
        """
    def _pop(self) -> ClusterChange | None: ...
    def _there_may_be_one(self) -> Future[None]: ...

def build_info() -> dict[str, Any]:
    """What the library was built of, for logs and reports of faults.

    >>> sorted(boundtoken.build_info())
    ['cryptography', 'target', 'version']
    """
