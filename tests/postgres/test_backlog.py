"""What waits is measured."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from referrals_adapters.postgres.backlog import PostgresBacklog, Waiting
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.model.delivery import Outcome
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

NOTHING = Waiting(0, None)


async def test_of_an_empty_database_nothing_waits(engine: AsyncEngine) -> None:
    assert await PostgresBacklog(engine).measure() == dict.fromkeys(
        ("deliveries", "held_deliveries", "outbox", "quarantine", "stale_statuses"), NOTHING
    )


async def test_what_is_finished_does_not_wait_and_the_oldest_tells_since_when(
    engine: AsyncEngine,
) -> None:
    early, late = builders.PLACED_AT, builders.PLACED_AT + timedelta(hours=1)
    async with PostgresTransaction(engine) as tx:
        for number, at in enumerate((early, late)):
            facts = builders.facts(order_id=f"{number}")
            await tx.deliveries.add([builders.accepted_delivery(facts=facts, received_at=at)])
        await tx.stale_statuses.add({builders.referral().key: 2})
        await tx.commit()
    backlog = PostgresBacklog(engine)
    assert (await backlog.measure())["deliveries"] == Waiting(2, early)
    assert (await backlog.measure())["stale_statuses"] == Waiting(1, None)

    async with PostgresTransaction(engine) as tx:
        first, _ = await tx.deliveries.claim(2, at=late, until=late)
        await tx.deliveries.finish({first.id: Outcome.HELD})
        await tx.commit()
    assert (await backlog.measure())["deliveries"] == Waiting(1, late)
    assert (await backlog.measure())["held_deliveries"] == Waiting(1, early)

    async with PostgresTransaction(engine) as tx:
        await tx.deliveries.finish({first.id: Outcome.SETTLED})
        await tx.commit()
    assert (await backlog.measure())["held_deliveries"] == NOTHING
