"""Waiting for what others do in their own time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_PAUSE: Final = 0.01


async def until(look: Callable[[], Awaitable[object]], *, within: float = 15.0) -> None:
    """Look time and again until there is something to see."""
    async with asyncio.timeout(within):
        while not await look():  # noqa: ASYNC110 - others, in processes of their own, tell no event
            await asyncio.sleep(_PAUSE)
