"""A look, at the start, whether the database keeps merchants apart."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from referrals_adapters.flow.backoff import Backoff
from referrals_adapters.postgres.walls import sees_every_merchant
from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.postgres.pool import Pool

_WHEN_AWAY: Final = Backoff(first=timedelta(milliseconds=250), cap=timedelta(seconds=10))

_logger: Final = logging.getLogger(__name__)


@asynccontextmanager
async def looking_at_walls(pool: Pool) -> AsyncIterator[None]:
    """Look within the block, as soon as the database answers; nobody waits for it."""
    looking = asyncio.create_task(_look(pool))
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.wait([looking])


async def _look(pool: Pool) -> None:
    attempts = 0
    while True:
        try:
            if await sees_every_merchant(pool):
                _logger.warning("the database has no walls for this user")
        except Unavailable:
            attempts += 1
            await asyncio.sleep(_WHEN_AWAY(attempts).total_seconds())
        except Exception:  # whatever it is, calls are answered all the same
            _logger.exception("walls were not looked at")
            return
        else:
            return
