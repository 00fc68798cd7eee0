"""What waits is measured."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from referrals_adapters.postgres.backlog import PostgresBacklog, Waiting
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.model.delivery import Outcome
from referrals_domain.model.privacy import PrivacyCall, PrivacyKind
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.outbox import event

if TYPE_CHECKING:
    from referrals_adapters.postgres.pool import Pool

NOTHING = Waiting(0, None)


async def test_of_an_empty_database_nothing_waits(pool: Pool) -> None:
    assert await PostgresBacklog(pool).measure() == dict.fromkeys(
        (
            *("deliveries", "held_deliveries", "outbox", "quarantine"),
            *("refused_events", "stale_statuses", "redactions", "data_requests"),
        ),
        NOTHING,
    )


async def test_what_is_finished_does_not_wait_and_the_oldest_tells_since_when(
    pool: Pool,
) -> None:
    early, late = builders.PLACED_AT, builders.PLACED_AT + timedelta(hours=1)
    async with PostgresTransaction(pool) as tx:
        for number, at in enumerate((early, late)):
            facts = builders.facts(order_id=f"{number}")
            await tx.deliveries.add([builders.accepted_delivery(facts=facts, received_at=at)])
        await tx.stale_statuses.add({builders.referral().key: 2})
        await tx.commit()
    backlog = PostgresBacklog(pool)
    assert (await backlog.measure())["deliveries"] == Waiting(2, early)
    assert (await backlog.measure())["stale_statuses"] == Waiting(1, None)

    async with PostgresTransaction(pool) as tx:
        first, _ = await tx.deliveries.claim(2, at=late, until=late)
        await tx.deliveries.finish({first.id: Outcome.HELD})
        await tx.commit()
    assert (await backlog.measure())["deliveries"] == Waiting(1, late)
    assert (await backlog.measure())["held_deliveries"] == Waiting(1, early)

    async with PostgresTransaction(pool) as tx:
        await tx.deliveries.finish({first.id: Outcome.SETTLED})
        await tx.commit()
    assert (await backlog.measure())["held_deliveries"] == NOTHING


async def test_what_kafka_refused_waits_apart_since_it_was_refused(pool: Pool) -> None:
    at = builders.PLACED_AT + timedelta(hours=1)
    async with PostgresTransaction(pool) as tx:
        await tx.outbox.add([event(1), event(2)])
        first, _ = await tx.outbox.first(2)
        await tx.outbox.refuse({first: "too_large"}, at=at)
        await tx.commit()
    measured = await PostgresBacklog(pool).measure()
    assert measured["outbox"] == Waiting(1, builders.PLACED_AT)
    assert measured["refused_events"] == Waiting(1, at)


async def test_a_data_request_waits_for_a_person_and_a_redaction_for_a_worker(
    pool: Pool,
) -> None:
    calls = [
        PrivacyCall(kind=kind, customer_id=builders.FRIEND, received_at=builders.PLACED_AT)
        for kind in (PrivacyKind.DATA_REQUEST, PrivacyKind.CUSTOMER_REDACT)
    ]
    async with PostgresTransaction(pool) as tx:
        for call in calls:
            await tx.privacy_requests.add(builders.MERCHANT, call, key="a", touched={})
        await tx.commit()
    measured = await PostgresBacklog(pool).measure()
    assert measured["data_requests"] == measured["redactions"] == Waiting(1, builders.PLACED_AT)
