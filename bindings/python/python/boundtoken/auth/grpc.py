"""Interceptors for gRPC servers, with and without asyncio.

>>> from concurrent.futures import ThreadPoolExecutor
>>> import grpc
>>> from boundtoken.auth.grpc import AuthInterceptor, caller_of
>>> authenticator = Authenticator(verifier, policy=Policy.namespaces("demo"))
>>> server = grpc.server(ThreadPoolExecutor(), interceptors=[AuthInterceptor(authenticator)])

With asyncio::

    server = grpc.aio.server(interceptors=[AsyncAuthInterceptor(authenticator)])

In a method:

>>> def greet(request, context):
...     return f"hello, {caller_of(context).subject}"

The token is in the metadata ``authorization``, after the scheme Bearer. Calls that do not pass end with ``UNAUTHENTICATED``,
``PERMISSION_DENIED``, ``UNAVAILABLE``, or with ``INTERNAL`` if the verifier or the policy failed.

The caller of a stream is looked at again with every message, which takes less than a microsecond. So a stream ends with its next
message when the token expires, its key is withdrawn, or its pod is deleted. What cannot be known at the moment ends no stream.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from http import HTTPStatus
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, NoReturn, TypeAlias

import grpc
import grpc.aio

from boundtoken._boundtoken import VerifiedToken
from boundtoken.auth._authenticator import Authenticator
from boundtoken.auth._refusal import Refusal

__all__ = ["AsyncAuthInterceptor", "AuthInterceptor", "caller_of"]

_Method: TypeAlias = Callable[[Any, Any], Any]

_CODES: dict[int, grpc.StatusCode] = {
    HTTPStatus.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    HTTPStatus.SERVICE_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    HTTPStatus.INTERNAL_SERVER_ERROR: grpc.StatusCode.INTERNAL,
}


def caller_of(context: Any) -> VerifiedToken | None:
    """The caller of a call, which an interceptor let pass. ``None`` if there is none.

    >>> caller_of(object()) is None
    True
    """
    return context.caller if isinstance(context, _Context) else None


class AuthInterceptor(grpc.ServerInterceptor):
    """Lets only authenticated calls pass, of all four kinds. The context of a method has the caller, and not the token.

    >>> interceptor = AuthInterceptor(Authenticator(verifier), open_methods=["/grpc.health.v1.Health/Check"])
    """

    def __init__(self, authenticator: Authenticator, *, open_methods: Collection[str] = ()) -> None:
        """Authenticates by this authenticator.

        ``open_methods``: lets everybody call these methods. A token is not looked at there, and there is no caller.
        """
        self._calls = _Calls(authenticator, open_methods)

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        """Makes the handler of a call authenticate. gRPC calls this."""
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        return _wrapped(handler, self._calls.blocking(handler, self._calls.is_open(handler_call_details.method)))


class AsyncAuthInterceptor(grpc.aio.ServerInterceptor):
    """Like :class:`AuthInterceptor`, for the servers of ``grpc.aio``. Methods that are not coroutines run in threads, as ever.

    >>> interceptor = AsyncAuthInterceptor(Authenticator(verifier), open_methods=["/grpc.health.v1.Health/Check"])
    """

    def __init__(self, authenticator: Authenticator, *, open_methods: Collection[str] = ()) -> None:
        """Authenticates by this authenticator.

        ``open_methods``: lets everybody call these methods. A token is not looked at there, and there is no caller.
        """
        self._calls = _Calls(authenticator, open_methods)

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        """Makes the handler of a call authenticate. gRPC calls this."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        is_open = self._calls.is_open(handler_call_details.method)
        method = _method(handler)
        if isasyncgenfunction(method):
            return _wrapped(handler, self._calls.generating(handler, is_open))
        if iscoroutinefunction(method):
            return _wrapped(handler, self._calls.awaiting(handler, is_open))
        return _wrapped(handler, self._calls.blocking(handler, is_open))


class _Context:
    """The context of a call, with the caller and without the token. Everything else is as it was."""

    def __init__(self, context: Any, calls: _Calls, caller: VerifiedToken | None) -> None:
        self._context, self._calls, self.caller = context, calls, caller

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def invocation_metadata(self) -> Any:
        return self._calls.without_token(self._context.invocation_metadata())

    def check(self) -> Refusal | None:
        """Why the caller is no longer good."""
        if self.caller is not None:
            try:
                self._calls.authenticator.authenticate_again(self.caller)
            except Refusal as refusal:
                return refusal
        return None

    def demand(self) -> None:
        """Ends the call if the caller is no longer good."""
        if refusal := self.check():
            _end(self._context, refusal)


class _AsyncContext(_Context):
    async def demand_async(self) -> None:
        """Ends the call if the caller is no longer good."""
        if refusal := self.check():
            await _end_async(self._context, refusal)

    async def read(self) -> Any:
        message = await self._context.read()
        await self.demand_async()
        return message

    async def write(self, message: Any) -> None:
        await self.demand_async()
        await self._context.write(message)


class _Calls:
    """What interceptors do with calls."""

    def __init__(self, authenticator: Authenticator, open_methods: Collection[str]) -> None:
        if isinstance(open_methods, str):
            raise TypeError("open_methods is a collection of methods, such as ['/grpc.health.v1.Health/Check']")
        self.authenticator, self._open_methods = authenticator, frozenset(open_methods)
        self._header = authenticator.header.lower()

    def is_open(self, method: str) -> bool:
        return method in self._open_methods

    def without_token(self, metadata: Any) -> Any:
        if self.authenticator.keeps_token or metadata is None:
            return metadata
        return tuple(entry for entry in metadata if entry[0].lower() != self._header)

    def _values(self, context: Any) -> list[str | bytes]:
        return [value for name, value in context.invocation_metadata() or () if name.lower() == self._header]

    def blocking(self, handler: Any, is_open: bool) -> _Method:
        """The method of a handler, authenticated, for a thread."""
        method = _method(handler)

        def begin(request: Any, context: Any) -> tuple[Any, _Context]:
            caller = None
            if not is_open:
                try:
                    caller = self.authenticator.authenticate(self._values(context))
                except Refusal as refusal:
                    _end(context, refusal)
            authenticated = _Context(context, self, caller)
            return _received(request, authenticated) if handler.request_streaming else request, authenticated

        def call(request: Any, context: Any) -> Any:
            return method(*begin(request, context))

        # grpc.aio calls this one on the event loop, where nothing may wait, and then has a thread ask for the answers.
        def stream(request: Any, context: Any) -> Iterator[Any]:
            request, authenticated = begin(request, context)
            yield from _sent(method(request, authenticated), authenticated)

        return stream if handler.response_streaming else call

    async def _authenticated(self, context: Any, is_open: bool) -> _AsyncContext:
        caller = None
        if not is_open:
            try:
                caller = await self.authenticator.authenticate_async(self._values(context))
            except Refusal as refusal:
                await _end_async(context, refusal)
        return _AsyncContext(context, self, caller)

    def awaiting(self, handler: Any, is_open: bool) -> Callable[[Any, Any], Awaitable[Any]]:
        """The method of a handler, authenticated, if it is a coroutine."""
        method = _method(handler)

        async def call(request: Any, context: Any) -> Any:
            authenticated = await self._authenticated(context, is_open)
            return await method(_received_async(request, authenticated) if handler.request_streaming else request, authenticated)

        return call

    def generating(self, handler: Any, is_open: bool) -> Callable[[Any, Any], AsyncIterator[Any]]:
        """The method of a handler, authenticated, if it is an asynchronous generator."""
        method = _method(handler)

        async def call(request: Any, context: Any) -> AsyncIterator[Any]:
            authenticated = await self._authenticated(context, is_open)
            answers = method(_received_async(request, authenticated) if handler.request_streaming else request, authenticated)
            try:
                async for answer in answers:
                    await authenticated.demand_async()
                    yield answer
            finally:
                await answers.aclose()

        return call


def _received(messages: Iterator[Any], context: _Context) -> Iterator[Any]:
    for message in messages:
        context.demand()
        yield message


def _sent(answers: Iterator[Any], context: _Context) -> Iterator[Any]:
    for answer in answers:
        context.demand()
        yield answer


async def _received_async(messages: AsyncIterator[Any], context: _AsyncContext) -> AsyncIterator[Any]:
    async for message in messages:
        await context.demand_async()
        yield message


def _end(context: Any, refusal: Refusal) -> NoReturn:
    """Ends a call. The description says no more than RFC 6750 allows."""
    context.abort(_code(refusal), refusal.description)
    raise refusal


async def _end_async(context: Any, refusal: Refusal) -> NoReturn:
    await context.abort(_code(refusal), refusal.description)
    raise refusal


def _code(refusal: Refusal) -> grpc.StatusCode:
    return _CODES.get(refusal.status, grpc.StatusCode.UNAUTHENTICATED)


def _method(handler: Any) -> _Method:
    methods: tuple[_Method | None, ...] = (
        handler.unary_unary, handler.unary_stream, handler.stream_unary, handler.stream_stream
    )  # fmt: skip
    return next(method for method in methods if method is not None)


def _wrapped(handler: Any, method: _Method) -> Any:
    """The handler with another method."""
    make: dict[tuple[bool, bool], Callable[..., Any]] = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }
    maker = make[bool(handler.request_streaming), bool(handler.response_streaming)]
    return maker(method, handler.request_deserializer, handler.response_serializer)
