"""What the bench puts into PostgreSQL, takes out of it, and looks up there."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import asyncpg

from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence

    from referrals_sandbox.composition.shops import Link
    from referrals_sandbox.servers.postgres import Database

_COMPLETED: Final = """
    INSERT INTO referrals (
        merchant_id, id, customer_id, referral_link_id, status, cause, version,
        opened_at, updated_at
    )
    SELECT
        $1, gen_random_uuid(), '1', $2::text::uuid, 'COMPLETED', 'order_created', 2, now(), now()
    FROM generate_series(1, $3)
    RETURNING id::text
"""
_WAITING: Final = """
    SELECT
        (SELECT count(*) FROM deliveries WHERE outcome IS NULL) + (SELECT count(*) FROM outbox)
"""
_FORGOTTEN: Final = """
    WITH forgotten AS (DELETE FROM deliveries WHERE merchant_id = ANY ($1) RETURNING 1)
    SELECT count(*) FROM forgotten
"""
_CONVERSIONS: Final = """
    SELECT count(*) FROM referrals
    WHERE merchant_id = ANY ($1) AND order_id IS NOT NULL AND status = 'COMPLETED'
"""


class Tables:
    """
    The tables of the services, as the bench uses them.

    Args:
        connection: To it.
    """

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    async def completed_referrals(self, link: Link, number: int) -> Sequence[str]:
        """Make so many completed referrals of a link, vacuum them, and return their ids."""
        rows = await self.connection.fetch(_COMPLETED, link.merchant_id, link.id, number)
        await self.connection.execute("VACUUM (ANALYZE) referrals")
        return [row["id"] for row in rows]

    async def waiting(self) -> int:
        """Return how many deliveries have no outcome, and how many events are not on Kafka."""
        return int(await self.connection.fetchval(_WAITING))

    async def inbox(self) -> int:
        """Return how many rows the plain transactions and the bare endpoint have stored."""
        return int(await self.connection.fetchval("SELECT count(*) FROM bench.inbox"))

    async def forget_deliveries(self, merchants: Collection[str]) -> int:
        """
        Remove what was delivered for these merchants, and return how many deliveries it was.

        Their dead rows go at once, not when autovacuum comes: every claim would step over them.
        """
        forgotten = int(await self.connection.fetchval(_FORGOTTEN, list(merchants)))
        await self.connection.execute("VACUUM deliveries")
        return forgotten

    async def conversions(self, merchants: Collection[str]) -> int:
        """Return how many referrals of these merchants an order completed."""
        return int(await self.connection.fetchval(_CONVERSIONS, list(merchants)))


@asynccontextmanager
async def opened(database: Database) -> AsyncIterator[Tables]:
    """
    Connect as the owner, who may make tables.

    Raises:
        SandboxError: PostgreSQL does not answer, or refuses.
    """
    try:
        connection = await asyncpg.connect(**database.as_owner)
        try:
            yield Tables(connection)
        finally:
            await connection.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise SandboxError(f"PostgreSQL does not answer: {error!r}") from error
