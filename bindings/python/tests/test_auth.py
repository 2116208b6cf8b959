"""Authentication without a framework: headers, policies, refusals, and what is logged."""

from __future__ import annotations

import asyncio
import logging
import pickle
import threading
import time
from typing import Any

import boundtoken
import pytest
from boundtoken.auth import Authenticator, Policy, Refusal
from boundtoken.auth._bearer import token_of
from callers import SUBJECT, Callers
from servers import ApiServer

NO_TOKEN = "no token follows the scheme Bearer"
TWICE = "the request has more than one header with a token"
TEXT_BEHIND = "the header has text behind the token"
LOGGER = "boundtoken.auth"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"Bearer a.b.c", b"a.b.c"),
        ("Bearer a.b.c", b"a.b.c"),
        (b"bearer a.b.c", b"a.b.c"),
        (b"BEARER   a.b.c", b"a.b.c"),
        (b"Bearer \xff\xfe", b"\xff\xfe"),
        ("Bearer \xff\u20ac\ud800", b"\xff??"),
        (b"Bearer a b", b"a b"),
        (b"Bearer a\r\n b", b"a\r\n b"),
        (b"Bearer", NO_TOKEN),
        (b"Bearer  ", NO_TOKEN),
        (b"Bearer, Bearer a", None),
        (b"Bearera.b.c", None),
        (b"Bearer\ta.b.c", None),
        (b" Bearer a.b.c", None),
        ("\u212aearer a", None),
        (b"Basic eDp5", None),
        (b"a.b.c", None),
        (b"", None),
    ],
)
def test_the_token_is_what_follows_the_scheme(value: str | bytes, expected: bytes | str | None) -> None:
    if isinstance(expected, str):
        with pytest.raises(Refusal) as refused:
            token_of([value], is_for_tokens_alone=False)
        assert (refused.value.status, refused.value.description) == (400, expected)
    else:
        assert token_of([value], is_for_tokens_alone=False) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(b"a.b.c", b"a.b.c"), (b"Bearer a.b.c", b"a.b.c"), (b"Basic eDp5", b"Basic eDp5")]
)
def test_a_header_for_tokens_alone_may_leave_the_scheme_out(value: bytes, expected: bytes) -> None:
    assert token_of([value], is_for_tokens_alone=True) == expected
    with pytest.raises(Refusal, match=NO_TOKEN):
        token_of([b""], is_for_tokens_alone=True)


def test_two_headers_are_one_too_many() -> None:
    assert token_of([], is_for_tokens_alone=False) is None
    with pytest.raises(Refusal, match=TWICE):
        token_of([b"Bearer a", b"Bearer a"], is_for_tokens_alone=False)


POLICIES: list[tuple[Policy, bool, str]] = [
    (Policy.everyone(), True, "everyone()"),
    (Policy.nobody(), False, "nobody()"),
    (Policy.namespaces("other", "demo"), True, "namespaces('other', 'demo')"),
    (Policy.namespaces("dem", "demo2", "Demo"), False, "namespaces('dem', 'demo2', 'Demo')"),
    (Policy.namespaces(), False, "namespaces()"),
    (Policy.service_account("demo", "app"), True, "service_account('demo', 'app')"),
    (Policy.service_account("app", "demo"), False, "service_account('app', 'demo')"),
    (Policy.audiences("vault"), True, "audiences('vault')"),
    (Policy.audiences("other"), False, "audiences('other')"),
    (Policy.audiences(), False, "audiences()"),
    (Policy.nodes("node-1"), False, "nodes('node-1')"),
    (Policy.issuers("blue"), False, "issuers('blue')"),
    (Policy.api_groups("*"), False, "api_groups('*')"),
    (Policy.api_groups(), False, "api_groups()"),
    (Policy.confirmed_live(), True, "confirmed_live()"),
    (~Policy.nodes("node-1"), True, "~Policy.nodes('node-1')"),
    (~Policy.everyone(), False, "~Policy.everyone()"),
    (Policy.any_of(), False, "any_of()"),
    (Policy.all_of(), False, "all_of()"),
    (Policy.any_of(Policy.nobody(), Policy.everyone()), True, "any_of(Policy.nobody(), Policy.everyone())"),
    (Policy.all_of(Policy.nobody(), Policy.everyone()), False, "all_of(Policy.nobody(), Policy.everyone())"),
    (Policy.all_of(Policy.everyone()), True, "all_of(Policy.everyone())"),
    (Policy.when(lambda caller: caller.pod is not None), True, "when(...)"),
]


@pytest.mark.parametrize(("policy", "is_allowed", "shown"), POLICIES, ids=[shown for _, _, shown in POLICIES])
def test_policies(callers: Callers, policy: Policy, is_allowed: bool, shown: str) -> None:
    assert policy.allows(callers.verifier.verify(callers.token)) is is_allowed
    assert repr(policy).removeprefix("Policy.") == shown


def test_policies_about_nodes_and_groups(callers: Callers, captured: Any) -> None:
    caller = captured.verifier().verify(captured.tokens["pod-live"], now=1_795_522_300)
    assert caller.node is not None
    assert Policy.nodes("other", caller.node.name).allows(caller)
    assert Policy.issuers(caller.issuer_label).allows(caller)
    assert not Policy.confirmed_live().allows(caller)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Policy.namespaces(["demo"]),  # type: ignore[arg-type]
        lambda: Policy.namespaces(""),
        lambda: Policy.service_account("demo", None),  # type: ignore[arg-type]
        lambda: Policy.all_of([Policy.everyone()]),  # type: ignore[arg-type]
        lambda: Policy.any_of(lambda _: True),  # type: ignore[arg-type]
        Policy,
    ],
)
def test_what_is_no_policy_is_refused_at_once(make: Any) -> None:
    with pytest.raises(TypeError):
        make()


def test_audiences_are_not_left_empty_by_mistake(callers: Callers) -> None:
    for audiences in ("vault", ()):
        with pytest.raises(TypeError, match="audiences"):
            Authenticator(callers.verifier, audiences=audiences)


class Awaitable:
    """What a coroutine is too: true, though it says nothing yet."""

    def __await__(self) -> Any:
        yield


def refuse_later(caller: Any) -> Any:
    return Awaitable()


def raises(caller: Any) -> bool:
    raise KeyError("of the test")


@pytest.mark.parametrize("predicate", [refuse_later, raises, lambda caller: 1])
def test_a_policy_that_fails_opens_no_door(callers: Callers, predicate: Any, caplog: pytest.LogCaptureFixture) -> None:
    for policy in (Policy.when(predicate), ~Policy.when(predicate), Policy.any_of(Policy.when(predicate), Policy.everyone())):
        refusal = refused(Authenticator(callers.verifier, policy=policy), [f"Bearer {callers.token}"])
        assert (refusal.status, refusal.name, refusal.challenge) == (500, "undecided", None)
    assert "Traceback" in caplog.text
    assert callers.secret not in caplog.text


def refused(authenticator: Authenticator, values: list[Any]) -> Refusal:
    """The refusal, which is the same with and without asyncio."""
    with pytest.raises(Refusal) as first:
        authenticator.authenticate(values)
    with pytest.raises(Refusal) as second:
        asyncio.run(authenticator.authenticate_async(values))
    assert first.value.args == second.value.args
    return first.value


def test_callers_pass_with_and_without_asyncio(callers: Callers) -> None:
    authenticator = Authenticator(callers.verifier, policy=Policy.namespaces("demo"))
    for value in (f"Bearer {callers.token}", f"bEARER  {callers.token}".encode()):
        for _ in range(2):
            first = authenticator.authenticate([value])
            second = asyncio.run(authenticator.authenticate_async([value]))
            assert first is not None
            assert second is not None
            assert first.subject == second.subject == SUBJECT


def test_each_refusal_says_what_a_caller_may_learn(callers: Callers) -> None:
    authenticator = Authenticator(callers.verifier)
    invalid = 'Bearer error="invalid_request", error_description="%s"'
    invalid_token = 'Bearer error="invalid_token", error_description="%s"'
    for values, status, name, challenge in [
        ([], 401, "unauthenticated", "Bearer"),
        (["Basic eDp5"], 401, "unauthenticated", "Bearer"),
        ([f"Bearer {callers.token}"] * 2, 400, "invalid_request", invalid % TWICE),
        (["Bearer "], 400, "invalid_request", invalid % NO_TOKEN),
        ([f"Bearer {callers.token} {callers.token}"], 400, "invalid_request", invalid % TEXT_BEHIND),
        ([f"Bearer {callers.token},Bearer {callers.token}"], 400, "invalid_request", invalid % TEXT_BEHIND),
        ([f"Bearer {callers.for_another}"], 401, "audience_mismatch", None),
        (["Bearer " + "a" * 100_000], 401, "token_too_large", None),
        (["Bearer \xff.\xff.\xff"], 401, None, None),
    ]:
        refusal = refused(authenticator, values)
        assert refusal.status == status
        assert name in {None, refusal.name}
        assert refusal.headers == (("WWW-Authenticate", challenge or invalid_token % refusal.description),)
        assert isinstance(refusal.__cause__, boundtoken.RejectedError) == (challenge is None)
        copy = pickle.loads(pickle.dumps(refusal))
        assert copy.args == refusal.args
        assert str(copy) == str(refusal)


def test_who_cannot_decide_says_so(callers: Callers) -> None:
    refusal = refused(Authenticator(callers.out_of_touch()), [f"Bearer {callers.token}"])
    assert (refusal.status, refusal.is_temporary) == (503, True)
    assert refusal.headers == (("Retry-After", "1"),)

    def raises(reference: boundtoken.ObjectReference) -> boundtoken.ObjectState:
        raise ConnectionError

    assert refused(Authenticator(callers.verifier_of(raises)), [f"Bearer {callers.token}"]).status == 503


def test_a_closed_verifier_is_no_verdict(callers: Callers) -> None:
    verifier = callers.verifier_of(callers.store)
    verifier.close()
    refusal = refused(Authenticator(verifier), [f"Bearer {callers.token}"])
    assert (refusal.status, refusal.name, str(refusal)) == (500, "undecided", "the verifier was closed")


def test_the_verifier_may_come_later_and_is_never_closed(callers: Callers) -> None:
    built = [callers.out_of_touch()]
    authenticator = Authenticator(lambda: built[-1])
    assert refused(authenticator, [f"Bearer {callers.token}"]).status == 503
    built.append(callers.verifier)
    assert authenticator.authenticate([f"Bearer {callers.token}"]) is not None
    del authenticator
    assert callers.verifier.verify(callers.token).subject == SUBJECT


def test_options(callers: Callers) -> None:
    verifier, good = callers.verifier, f"Bearer {callers.token}"
    assert Authenticator(verifier, optional=True).authenticate([]) is None
    assert refused(Authenticator(verifier, optional=True), ["Bearer x"]).status == 401
    assert Authenticator(verifier).authenticate([], is_preflight=True) is None
    assert Authenticator(verifier, header="X-Token").authenticate([callers.token]) is not None
    other = Authenticator(verifier, audiences=["other"])
    assert other.authenticate([f"Bearer {callers.for_another}"]) is not None
    assert refused(other, [good]).name == "audience_mismatch"
    assert refused(Authenticator(verifier, policy=Policy.namespaces("other")), [good]).status == 403


def test_a_caller_is_refused_when_its_pod_is_gone(callers: Callers) -> None:
    authenticator = Authenticator(callers.verifier)
    caller = authenticator.authenticate([f"Bearer {callers.token}"])
    assert caller is not None
    authenticator.authenticate_again(caller)
    callers.delete_pod()
    assert refused(authenticator, [f"Bearer {callers.token}"]).name == "pod_not_found"
    with pytest.raises(Refusal, match="pod"):
        authenticator.authenticate_again(caller)


def test_an_outage_ends_no_stream(callers: Callers) -> None:
    caller = callers.verifier.verify(callers.token)
    Authenticator(callers.out_of_touch()).authenticate_again(caller)


def test_the_log_has_the_reason_and_no_token(callers: Callers, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    refused(Authenticator(callers.verifier), [f"Bearer {callers.for_another}"])
    refused(Authenticator(callers.verifier), [f"Bearer {callers.token[:-3]}"])
    refused(Authenticator(callers.out_of_touch()), [f"Bearer {callers.token}"])
    assert "reason=audience_mismatch status=401 suppressed=0: " in caplog.text
    assert {record.levelname for record in caplog.records} == {"INFO", "WARNING"}
    assert {record.name for record in caplog.records} == {LOGGER}
    for token in (callers.token, callers.for_another):
        for part in token.split("."):
            assert part[:40] not in caplog.text
            assert part[-40:-5] not in caplog.text


def test_a_flood_is_sampled(callers: Callers, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    authenticator = Authenticator(callers.verifier)

    def flood() -> None:
        for _ in range(100):
            with pytest.raises(Refusal):
                authenticator.authenticate([])

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = len(caplog.records)
    assert 10 <= lines <= 40
    time.sleep(1.1)
    with pytest.raises(Refusal):
        authenticator.authenticate([])
    left_out = sum(int(record.getMessage().split("suppressed=")[1].split(":")[0]) for record in caplog.records)
    assert left_out + lines == 400


def test_questions_to_a_cluster_end_with_the_time_limit(callers: Callers) -> None:
    """A cluster is asked about a token with an unknown key, and the event loop goes on meanwhile."""

    class NeverAnswers:
        """Stands for a verifier whose cluster does not answer."""

        def verify_async(self, token: bytes, *, audiences: Any = None) -> asyncio.Future[Any]:
            return asyncio.get_running_loop().create_future()

        def verify(self, token: bytes, *, audiences: Any = None) -> Any:
            return callers.out_of_touch().verify(token)

    silent: Any = NeverAnswers()
    authenticator = Authenticator(lambda: silent, time_limit_seconds=0.2)

    async def ask() -> int:
        ticks = 0
        asking = asyncio.ensure_future(authenticator.authenticate_async([f"Bearer {callers.token}"]))
        while not asking.done():
            await asyncio.sleep(0.01)
            ticks += 1
        with pytest.raises(Refusal) as refused:
            asking.result()
        assert refused.value.status == 503
        return ticks

    assert asyncio.run(ask()) > 5


def test_a_cluster_is_asked_about_a_pod_that_it_has_just_created(server: ApiServer) -> None:
    with boundtoken.Cluster.connect(kubeconfig=server.kubeconfig) as cluster:
        authenticator = Authenticator(boundtoken.Verifier(issuers=[cluster], audiences=["vault"]))
        for number in range(5):
            server.create_pod(f"new-{number}")
            first = authenticator.authenticate([f"Bearer {server.token(f'new-{number}')}"])
            server.create_pod(f"newer-{number}")
            second = asyncio.run(authenticator.authenticate_async([f"Bearer {server.token(f'newer-{number}')}"]))
            assert first is not None
            assert second is not None
            assert first.confirmed == second.confirmed == boundtoken.Confirmed.LIVE
