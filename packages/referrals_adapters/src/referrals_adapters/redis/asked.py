"""Questions that Redis must answer in time."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from referrals_adapters.flow.patience import patience
from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import timedelta


@asynccontextmanager
async def answered(within: timedelta) -> AsyncIterator[None]:
    """
    Have the block end in time, and with the domain's error if it fails.

    Raises:
        Unavailable: Redis did not answer, or could not do it.
    """
    try:
        async with patience(within.total_seconds()):
            yield
    except Exception as error:  # redis-py lets others than its own through (TypeError)
        raise Unavailable("Redis does not answer") from error
