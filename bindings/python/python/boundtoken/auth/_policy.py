"""Which accepted callers are allowed."""

from __future__ import annotations

from collections.abc import Callable

from boundtoken._boundtoken import VerifiedToken
from boundtoken._enumerations import Confirmed

_ALL_API_GROUPS = "*"


class Policy:
    """Says which callers are allowed, among those whose tokens were accepted. Immutable, and safe to share between threads.

    A policy is one rule, or rules joined by :meth:`any_of`, :meth:`all_of` and ``~``. An empty list allows nobody.

    If a verifier trusts several clusters, the namespaces, service accounts and nodes of all of them count. Name the cluster as
    well, by :meth:`issuers`.

    >>> policy = Policy.any_of(
    ...     Policy.service_account("demo", "app"),
    ...     Policy.all_of(Policy.namespaces("monitoring"), Policy.confirmed_live(), ~Policy.nodes("node-1")),
    ... )
    >>> policy.allows(verifier.verify(token, now=now))
    True
    >>> policy
    Policy.any_of(Policy.service_account('demo', 'app'), \
Policy.all_of(Policy.namespaces('monitoring'), Policy.confirmed_live(), ~Policy.nodes('node-1')))
    """

    __slots__ = ("_rule", "_text")
    _rule: Callable[[VerifiedToken], bool]
    _text: str

    def __init__(self) -> None:
        raise TypeError("a policy is made by its rules, such as Policy.namespaces('demo')")

    @classmethod
    def _of(cls, rule: Callable[[VerifiedToken], bool], text: str) -> Policy:
        policy = cls.__new__(cls)
        policy._rule, policy._text = rule, text
        return policy

    @classmethod
    def _named(cls, name: str, values: tuple[str, ...], rule: Callable[[VerifiedToken], bool]) -> Policy:
        """A rule about texts, which must be texts: a list given by mistake would allow nobody."""
        for value in values:
            if not isinstance(value, str) or not value:
                raise TypeError(f"Policy.{name} takes texts that are not empty, not {type(value).__name__} {value!r}")
        return cls._of(rule, f"Policy.{name}({', '.join(map(repr, values))})")

    def allows(self, caller: VerifiedToken) -> bool:
        """Whether this caller is allowed."""
        return self._rule(caller)

    @classmethod
    def everyone(cls) -> Policy:
        """Allows every caller whose token was accepted.

        >>> Policy.everyone().allows(caller)
        True
        """
        return cls._of(lambda _: True, "Policy.everyone()")

    @classmethod
    def nobody(cls) -> Policy:
        """Allows no caller.

        >>> Policy.nobody().allows(caller)
        False
        """
        return cls._of(lambda _: False, "Policy.nobody()")

    @classmethod
    def namespaces(cls, *namespaces: str) -> Policy:
        """Allows every service account of these namespaces.

        >>> Policy.namespaces("demo", "monitoring").allows(caller)
        True
        """
        return cls._named("namespaces", namespaces, lambda caller: caller.namespace in namespaces)

    @classmethod
    def service_account(cls, namespace: str, name: str) -> Policy:
        """Allows one service account.

        >>> Policy.service_account("demo", "app").allows(caller), Policy.service_account("demo", "other").allows(caller)
        (True, False)
        """

        def rule(caller: VerifiedToken) -> bool:
            return caller.namespace == namespace and caller.service_account.name == name

        return cls._named("service_account", (namespace, name), rule)

    @classmethod
    def audiences(cls, *audiences: str) -> Policy:
        """Allows callers whose token was accepted for one of these audiences. For a verifier that accepts several.

        >>> Policy.audiences("vault").allows(caller)
        True
        """
        return cls._named("audiences", audiences, lambda caller: not set(audiences).isdisjoint(caller.matched_audiences))

    @classmethod
    def nodes(cls, *names: str) -> Policy:
        """Allows callers whose token is bound to one of these nodes, or to a pod on it.

        A token that names no node does not fit. With ``~`` in front it is allowed, then.

        >>> Policy.nodes("node-9").allows(caller)
        False
        """

        def rule(caller: VerifiedToken) -> bool:
            node = caller.node
            return node is not None and node.name in names

        return cls._named("nodes", names, rule)

    @classmethod
    def issuers(cls, *labels: str) -> Policy:
        """Allows callers of these issuers, by their labels. An issuer without a label has its name as label.

        >>> Policy.all_of(Policy.issuers("blue"), Policy.namespaces("demo")).allows(caller)
        False
        """
        return cls._named("issuers", labels, lambda caller: caller.issuer_label in labels)

    @classmethod
    def api_groups(cls, *groups: str) -> Policy:
        """Allows callers whose token attests one of these API groups, or ``*`` for all groups (KEP-6060).

        >>> Policy.api_groups("apps").allows(caller)
        False
        """
        fitting = {*groups, _ALL_API_GROUPS} if groups else set()
        return cls._named("api_groups", groups, lambda caller: not fitting.isdisjoint(caller.attested_api_groups))

    @classmethod
    def confirmed_live(cls) -> Policy:
        """Allows callers whose bound objects are known to exist. For a verifier that accepts tokens without this knowledge too.

        >>> Policy.confirmed_live().allows(caller)
        True
        """
        return cls._of(lambda caller: caller.confirmed == Confirmed.LIVE, "Policy.confirmed_live()")

    @classmethod
    def any_of(cls, *policies: Policy) -> Policy:
        """Allows callers that at least one of the policies allows. Without a policy it allows nobody.

        >>> Policy.any_of().allows(caller)
        False
        """
        return cls._joined("any_of", policies, lambda caller: any(policy.allows(caller) for policy in policies))

    @classmethod
    def all_of(cls, *policies: Policy) -> Policy:
        """Allows callers that each of the policies allows.

        Without a policy it allows nobody: a list that is empty by mistake must not open the door.

        >>> Policy.all_of().allows(caller)
        False
        """

        def rule(caller: VerifiedToken) -> bool:
            return bool(policies) and all(policy.allows(caller) for policy in policies)

        return cls._joined("all_of", policies, rule)

    @classmethod
    def _joined(cls, name: str, policies: tuple[Policy, ...], rule: Callable[[VerifiedToken], bool]) -> Policy:
        for policy in policies:
            if not isinstance(policy, Policy):
                raise TypeError(f"Policy.{name} takes policies, not {type(policy).__name__}")
        return cls._of(rule, f"Policy.{name}({', '.join(map(repr, policies))})")

    @classmethod
    def when(cls, predicate: Callable[[VerifiedToken], bool]) -> Policy:
        """Allows callers for which a function of your own returns ``True``.

        It is called for every request, by any thread, and must not wait. If it raises, or returns anything but a ``bool``, the
        request is answered with 500.

        >>> Policy.when(lambda caller: caller.secret is None).allows(caller)
        True
        """

        def rule(caller: VerifiedToken) -> bool:
            allowed = predicate(caller)
            # A coroutine would count as true, for instance.
            if not isinstance(allowed, bool):
                raise TypeError(f"the function of a policy returned {type(allowed).__name__}, not a bool")
            return allowed

        return cls._of(rule, "Policy.when(...)")

    def __invert__(self) -> Policy:
        """Allows the callers that the policy does not allow."""
        return self._of(lambda caller: not self.allows(caller), f"~{self!r}")

    def __repr__(self) -> str:
        return self._text
