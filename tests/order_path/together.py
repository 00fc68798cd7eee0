"""Transactions of several workers that begin together, so that workers race and do not drift."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

import attrs

from referrals_adapters.postgres.transaction import PostgresTransaction

if TYPE_CHECKING:
    from referrals_adapters.postgres.pool import Pool


@attrs.define
class Meeting:
    """
    Where workers wait for each other; who has gone is not waited for.

    Args:
        expected: How many are to come.
    """

    expected: int
    _waiting: list[asyncio.Future[None]] = attrs.field(factory=list, init=False)

    async def wait(self) -> None:
        """Wait until all are here."""
        come = asyncio.get_running_loop().create_future()
        self._waiting.append(come)
        self._look()
        await come

    def leave(self) -> None:
        """Be expected no longer."""
        self.expected -= 1
        self._look()

    def _look(self) -> None:
        if len(self._waiting) == self.expected:
            while self._waiting:
                self._waiting.pop().set_result(None)


class TogetherWithOthers(PostgresTransaction):
    """
    A transaction that begins when those of other workers do.

    Args:
        pool: The worker's pool.
        meeting: Where they meet.
    """

    def __init__(self, pool: Pool, meeting: Meeting) -> None:
        super().__init__(pool)
        self._meeting = meeting

    async def __aenter__(self) -> Self:
        """Wait for the others, and take a connection."""
        await self._meeting.wait()
        return await super().__aenter__()
