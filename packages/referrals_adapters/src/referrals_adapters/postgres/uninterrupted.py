"""Work that cancellation does not cut in two."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


async def uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """
    Do all of the work; whoever cancels meanwhile is obeyed when it is done.

    So a connection is never left in the middle of a statement, and a commit is not cut off.
    """
    task = asyncio.ensure_future(work)
    interruption: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            interruption = error
    if interruption is not None:
        if not task.cancelled():
            task.exception()  # seen, so that asyncio does not complain; cancellation goes first
        raise interruption
    return task.result()
