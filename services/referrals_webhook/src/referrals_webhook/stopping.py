"""How a process is told to stop, and what it leaves off then."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")

DRAIN_WITHIN: Final = timedelta(seconds=8)
"""How long what was begun may take once told to stop; Docker kills after 10 seconds."""


def told_by_signals() -> asyncio.Event:
    """Return what SIGTERM and SIGINT set from now on."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def sleep_unless(stop: asyncio.Event, time: timedelta) -> None:
    """Sleep for a time, or until told to stop."""
    with suppress(TimeoutError):
        async with asyncio.timeout(time.total_seconds()):
            await stop.wait()


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Do work and return its result; cancel it and return None if told to stop meanwhile."""
    task = asyncio.create_task(work)
    told = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
        task.cancel()
    with suppress(asyncio.CancelledError):
        return await task
    return None
