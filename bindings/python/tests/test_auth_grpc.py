"""gRPC servers, with threads and with asyncio: calls of all four kinds."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import boundtoken
import grpc
import grpc.aio
import pytest
from boundtoken.auth import Authenticator, Policy
from boundtoken.auth.grpc import AsyncAuthInterceptor, AuthInterceptor, caller_of
from callers import SUBJECT, Callers

CALLS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")
OPEN = "/test.Greeter/open"
Metadata = list[tuple[str, str | bytes]]


def greeting(context: Any) -> bytes:
    """Who calls, unless the method sees the token."""
    caller = caller_of(context)
    seen = [name for name, _ in context.invocation_metadata()]
    return ("the token" if "authorization" in seen else caller.subject if caller else "nobody").encode()


class Threads:
    """Methods for threads. What is streamed is answered message by message."""

    def unary_unary(self, request: bytes, context: Any) -> bytes:
        assert context.peer()
        return greeting(context)

    def unary_stream(self, request: bytes, context: Any) -> Iterator[bytes]:
        yield greeting(context)
        while request == b"on":
            yield greeting(context)

    def stream_unary(self, requests: Iterator[bytes], context: Any) -> bytes:
        return b" ".join(greeting(context) for _ in requests)

    def stream_stream(self, requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
        for _ in requests:
            yield greeting(context)


class Coroutines:
    """The same for asyncio, as coroutines and asynchronous generators."""

    async def unary_unary(self, request: bytes, context: Any) -> bytes:
        assert context.peer()
        return greeting(context)

    async def unary_stream(self, request: bytes, context: Any) -> AsyncIterator[bytes]:
        yield greeting(context)
        while request == b"on":
            yield greeting(context)

    async def stream_unary(self, requests: AsyncIterator[bytes], context: Any) -> bytes:
        return b" ".join([greeting(context) async for _ in requests])

    async def stream_stream(self, requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        async for _ in requests:
            yield greeting(context)


class ReadAndWrite(Coroutines):
    """Streams by what the context has for them."""

    async def unary_stream(self, request: bytes, context: Any) -> None:  # type: ignore[override]
        await context.write(greeting(context))
        while request == b"on":
            await context.write(greeting(context))

    async def stream_unary(self, requests: AsyncIterator[bytes], context: Any) -> bytes:
        greetings = []
        while await context.read() is not grpc.aio.EOF:
            greetings.append(greeting(context))
        return b" ".join(greetings)

    async def stream_stream(self, requests: AsyncIterator[bytes], context: Any) -> None:  # type: ignore[override]
        while await context.read() is not grpc.aio.EOF:
            await context.write(greeting(context))


def handler(methods: Any) -> grpc.GenericRpcHandler:
    handlers = {name: getattr(grpc, f"{name}_rpc_method_handler")(getattr(methods, name)) for name in CALLS}
    handlers["open"] = handlers["unary_unary"]
    return grpc.method_handlers_generic_handler("test.Greeter", handlers)


@contextmanager
def threads(authenticator: Authenticator) -> Iterator[int]:
    server = grpc.server(ThreadPoolExecutor(4), interceptors=[AuthInterceptor(authenticator, open_methods=[OPEN])])
    server.add_generic_rpc_handlers([handler(Threads())])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(0).wait(30)


def asyncio_server(methods: Any) -> Callable[[Authenticator], Any]:
    @contextmanager
    def serve(authenticator: Authenticator) -> Iterator[int]:
        loop, started, ports = asyncio.new_event_loop(), threading.Event(), list[int]()
        stop = asyncio.Event()

        async def run() -> None:
            interceptor = AsyncAuthInterceptor(authenticator, open_methods=[OPEN])
            server = grpc.aio.server(ThreadPoolExecutor(4), interceptors=[interceptor])
            server.add_generic_rpc_handlers([handler(methods)])
            ports.append(server.add_insecure_port("127.0.0.1:0"))
            await server.start()
            started.set()
            await stop.wait()
            await server.stop(0)

        thread = threading.Thread(target=loop.run_until_complete, args=[run()])
        thread.start()
        assert started.wait(30)
        try:
            yield ports[0]
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(30)
            loop.close()

    return serve


SERVERS: dict[str, Callable[[Authenticator], Any]] = {
    "threads": threads,
    "asyncio": asyncio_server(Coroutines()),
    "asyncio with read and write": asyncio_server(ReadAndWrite()),
    "asyncio with threads": asyncio_server(Threads()),
}
#: Starts a server, and returns a client.
Serve = Callable[[Authenticator], "Client"]


class Client:
    """A client of a server."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel

    def call(self, name: str, metadata: Metadata, requests: Iterator[bytes] | None = None) -> Iterator[str]:
        """The answers to a call, one after the other."""
        kind = name if name in CALLS else "unary_unary"
        method = getattr(self._channel, kind)(f"/test.Greeter/{name}")
        request = (requests or iter([b"1", b"2"])) if kind.startswith("stream") else b"on" if requests else b""
        answer = method(request, metadata=metadata, timeout=30)
        if kind.endswith("stream"):
            for message in answer:
                yield message.decode()
            return
        yield answer.decode()

    def first(self, name: str, metadata: Metadata) -> str:
        """The first answer. With asyncio, grpc leaves a thread waiting for good if nobody reads the others."""
        answer, *_ = self.call(name, metadata)
        return answer

    def refused(self, name: str, metadata: Metadata) -> tuple[grpc.StatusCode, str]:
        with pytest.raises(grpc.RpcError) as refused:
            self.first(name, metadata)
        error: Any = refused.value
        return error.code(), error.details()


@pytest.fixture(params=SERVERS)
def serve(request: pytest.FixtureRequest) -> Iterator[Serve]:
    with ExitStack() as running:

        def start(authenticator: Authenticator) -> Client:
            port = running.enter_context(SERVERS[request.param](authenticator))
            return Client(running.enter_context(grpc.insecure_channel(f"127.0.0.1:{port}")))

        yield start


def bearer(token: str) -> Metadata:
    return [("authorization", f"Bearer {token}")]


UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


def test_each_call_has_its_code(serve: Serve, callers: Callers, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = serve(Authenticator(callers.verifier, policy=Policy.namespaces("demo")))
    for name in CALLS:
        for value in (f"Bearer {callers.token}", f"bEARER  {callers.token}"):
            assert client.first(name, [("authorization", value)]).split(" ")[0] == SUBJECT
        refusals: list[tuple[Metadata, str]] = [
            ([], "the request has no token"),
            ([("authorization", "Basic eDp5")], "the request has no token"),
            (bearer("x"), "the token does not have exactly three parts"),
            (bearer(""), "no token follows the scheme Bearer"),
            (bearer(callers.token) * 2, "the request has more than one header with a token"),
            (bearer(f"{callers.token} x"), "the header has text behind the token"),
            (bearer(callers.for_another), "the token is meant for another audience"),
        ]
        for metadata, message in refusals:
            assert client.refused(name, metadata) == (UNAUTHENTICATED, message), name
    assert callers.secret not in caplog.text
    assert client.first("open", bearer("x")) == "nobody"


def test_policies_outages_and_failures(serve: Serve, callers: Callers) -> None:
    good = bearer(callers.token)
    closed = callers.verifier_of(callers.store)
    closed.close()
    optional = serve(Authenticator(callers.verifier, optional=True))
    clients = {
        grpc.StatusCode.PERMISSION_DENIED: serve(Authenticator(callers.verifier, policy=Policy.namespaces("other"))),
        grpc.StatusCode.UNAVAILABLE: serve(Authenticator(callers.out_of_touch())),
        grpc.StatusCode.INTERNAL: serve(Authenticator(closed)),
    }
    kept = serve(Authenticator(callers.verifier, keep_token=True))
    for name in CALLS:
        for code, client in clients.items():
            assert client.refused(name, good)[0] == code
        assert optional.first(name, []).split(" ")[0] == "nobody"
        assert kept.first(name, good).startswith("the token")


def test_a_stream_ends_with_its_caller(serve: Serve, callers: Callers) -> None:
    client = serve(Authenticator(callers.verifier))
    gone = boundtoken.Reason.POD_NOT_FOUND.description
    for name in ("unary_stream", "stream_stream", "stream_unary"):
        callers.restore()
        first_seen = threading.Event()

        def requests(is_answered: bool = name != "stream_unary", first_seen: threading.Event = first_seen) -> Iterator[bytes]:
            yield b"before"
            # Whoever gets no answer until the end cannot know when the first message was received.
            assert first_seen.wait(30) if is_answered else not first_seen.wait(0.3)
            callers.delete_pod()
            yield b"after"

        with pytest.raises(grpc.RpcError) as refused:
            drain(client.call(name, bearer(callers.token), requests()), first_seen, callers, name)
        error: Any = refused.value
        assert (error.code(), error.details()) == (UNAUTHENTICATED, gone), name
        assert client.refused("unary_unary", bearer(callers.token)) == (UNAUTHENTICATED, gone)


def drain(answers: Iterator[str], first_seen: threading.Event, callers: Callers, name: str) -> None:
    """Reads until the end. After the first answer, the pod is deleted."""
    for _ in range(100_000):
        assert next(answers) == SUBJECT
        if name == "unary_stream" and not first_seen.is_set():
            callers.delete_pod()
        first_seen.set()


def test_a_method_that_does_not_exist_stays_unknown(serve: Serve, callers: Callers) -> None:
    client = serve(Authenticator(callers.verifier))
    assert client.refused("nothing", bearer(callers.token))[0] == grpc.StatusCode.UNIMPLEMENTED
