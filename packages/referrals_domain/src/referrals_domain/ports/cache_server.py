"""Who keeps the status cache."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol


class CacheServer(Protocol):
    """Who keeps the status cache, and may be replaced by another who knows less."""

    @abstractmethod
    async def identity(self) -> str:
        """
        Return who keeps it now.

        The same answer again: whatever the cache was told since the first, it had not lost when
        it gave the second. Nothing that is told after an answer goes to who kept it before.

        Raises:
            Unavailable: The cache is away, or takes no changes.
        """
