"""How long others have for an answer."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def patience(within: float) -> AsyncIterator[None]:
    """
    Have the block end in time, as `asyncio.timeout` does, though the loop itself may be late.

    To a loop that was busy, or had no CPU, both come at once: the answer, and that the time is up.
    Whoever waits for the answer goes first then.

    Args:
        within: Seconds.

    Raises:
        TimeoutError: No answer came in time.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as bound:
        # To give up waits its turn behind who has an answer, where asyncio's own timer does not.
        timer = loop.call_later(within, lambda: bound.reschedule(loop.time()))
        try:
            yield
        finally:
            timer.cancel()
