"""How statuses are read: together, not too many at once, from a replica if need be."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Final

from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.postgres.coalesced import CoalescedStatuses
from referrals_adapters.postgres.pool import APPLICATION, Pool, open_pool
from referrals_adapters.postgres.replica import StatusesWithReplica
from referrals_adapters.postgres.statuses import PostgresStatuses

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.ports.statuses import Statuses

READS_AT_ONCE: Final = 4
"""The cap on reads of statuses, which have as many connections of their own."""

MOST_A_READ: Final = 200
MOST_WAITING: Final = 500
"""Half of the calls that a process takes at a time: who waits for a read keeps out no others."""


@asynccontextmanager
async def open_statuses(
    primary: PostgresSettings,
    *,
    replica: PostgresSettings | None = None,
    breaker: Breaker | None = None,
    application: str = APPLICATION,
) -> AsyncIterator[CoalescedStatuses]:
    """
    Open what reads statuses, and close it at the end of the block.

    Args:
        primary: The primary.
        replica: Who answers while the primary is away, if anybody.
        breaker: Keeps from waiting for a primary that did not answer lately, if there is a
            replica.
        application: What `pg_stat_activity` shows.
    """
    async with AsyncExitStack() as stack:
        opened = stack.enter_async_context

        async def pool(settings: PostgresSettings) -> Pool:
            return await opened(
                open_pool(
                    settings, application=application, connections=READS_AT_ONCE, primary=False
                )
            )

        statuses: Statuses = PostgresStatuses(await pool(primary))
        if replica:
            other = PostgresStatuses(await pool(replica), replica=True)
            with_replica = StatusesWithReplica(
                primary=statuses, replica=other, breaker=breaker or Breaker()
            )
            statuses = await opened(aclosing(with_replica))
        coalesced = CoalescedStatuses(
            statuses=statuses, at_once=READS_AT_ONCE, limit=MOST_A_READ, room=MOST_WAITING
        )
        yield await opened(aclosing(coalesced))
