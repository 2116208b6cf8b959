"""What the extension module has the event loop do."""

from __future__ import annotations

from asyncio import Future
from typing import TYPE_CHECKING, TypeVar

from boundtoken._errors import ClosedError

if TYPE_CHECKING:
    from boundtoken._boundtoken import Changes, ClusterChange

T = TypeVar("T")


def settle(future: Future[T], value: T, error: BaseException | None) -> None:
    """Settles a future, unless whoever waited has cancelled it."""
    if future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)


async def next_change(changes: Changes) -> ClusterChange:
    """Waits for the next change of a cluster."""
    while True:
        try:
            change = changes._pop()
        except ClosedError:
            raise StopAsyncIteration from None
        if change is not None:
            return change
        await changes._there_may_be_one()
