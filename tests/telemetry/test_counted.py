"""What is committed is counted, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.telemetry.counted import CountedPublisher, CountedStatusCache
from referrals_adapters.telemetry.counted_transaction import CountedTransaction
from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.model.decision import opened
from referrals_domain.model.delivery import Outcome
from referrals_domain.model.identifiers import EventId
from referrals_domain.model.retention import SHORTEST, Kept
from referrals_domain.ports.event_publisher import Decided, EventPublisher
from referrals_domain.ports.outbox import OutboxEntry
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.referrals import completed
from referrals_domain.testing.memory.status_cache import InMemoryStatusCache
from referrals_domain.testing.memory.store import InMemoryStore
from tests.logged import written

if TYPE_CHECKING:
    from collections.abc import Sequence


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(name, labels) or 0.0


async def test_a_decision_counts_once_it_is_committed() -> None:
    metrics, store = Metrics(), InMemoryStore()
    referral = builders.referral()
    labels = {"status": referral.status.value, "cause": referral.cause.value}
    async with CountedTransaction(store.begin(), metrics) as tx:
        await tx.referrals.save([opened(referral)])
        assert value(metrics, "referrals_decisions_total", **labels) == 0
    async with CountedTransaction(store.begin(), metrics) as tx:
        await tx.referrals.save([opened(referral)])
        await tx.commit()
    assert value(metrics, "referrals_decisions_total", **labels) == 1
    assert store.state.referrals == {referral.key: referral}


async def test_finished_deliveries_count_by_their_outcome() -> None:
    metrics, store = Metrics(), InMemoryStore()
    now = builders.PLACED_AT
    async with CountedTransaction(store.begin(), metrics) as tx:
        await tx.deliveries.add([builders.accepted_delivery(received_at=now)])
        (claimed,) = await tx.deliveries.claim(1, at=now, until=now + timedelta(seconds=1))
        await tx.deliveries.finish({claimed.id: Outcome.NO_LINK})
        await tx.commit()
    assert value(metrics, "referrals_delivery_outcomes_total", outcome="no_link") == 1


async def test_what_is_forgotten_counts_once_it_is_committed() -> None:
    metrics, store = Metrics(), InMemoryStore()
    async with CountedTransaction(store.begin(), metrics) as tx:
        await tx.quarantine.add([builders.unreadable_body()])
        await tx.programs.save(builders.program(retention=SHORTEST))
        await tx.referrals.save([opened(builders.referral()), completed(builders.referral())])
        await tx.commit()
    at = builders.PLACED_AT + SHORTEST
    async with CountedTransaction(store.begin(), metrics) as tx:
        await tx.retention.forget(Kept.QUARANTINE, 9, at=at)
        await tx.retention.forget_referrals(9, at=at)
        assert value(metrics, "referrals_forgotten_total", table="quarantine") == 0
        await tx.commit()
    for table in ("quarantine", "referrals"):
        assert value(metrics, "referrals_forgotten_total", table=table) == 1


@pytest.mark.parametrize(
    ("outcome", "event"),
    [
        (Outcome.HELD, "deliveries are held until a person looks"),
        (Outcome.FOREIGN_ORDER, "orders are claimed by a second merchant"),
    ],
)
async def test_what_a_person_must_look_at_is_an_alarm_once_it_is_committed(
    caplog: pytest.LogCaptureFixture, outcome: Outcome, event: str
) -> None:
    metrics, store = Metrics(), InMemoryStore()
    now = builders.PLACED_AT
    async with CountedTransaction(store.begin(), metrics) as tx:
        await tx.deliveries.add([builders.accepted_delivery(received_at=now)])
        (claimed,) = await tx.deliveries.claim(1, at=now, until=now + timedelta(seconds=1))
        await tx.deliveries.finish({claimed.id: outcome})
        assert not caplog.records
        await tx.commit()
    assert written(caplog.records) == [{"level": "error", "event": event, "count": 1}]
    assert value(metrics, "referrals_delivery_outcomes_total", outcome=outcome) == 1


async def test_reads_of_the_cache_count_by_what_they_found() -> None:
    metrics, key = Metrics(), builders.referral().key
    cache = CountedStatusCache(InMemoryStatusCache(), metrics)
    reading = await cache.read(key)
    await cache.read(key)
    await cache.fill(key, getattr(reading, "lease", ""), builders.referral().view)
    await cache.read(key)
    await cache.invalidate({key: 2})
    found = {
        outcome: value(metrics, "referrals_cache_reads_total", outcome=outcome)
        for outcome in ("miss", "miss_without_lease", "hit")
    }
    assert found == {"miss": 1, "miss_without_lease": 1, "hit": 1}
    assert value(metrics, "referrals_cache_invalidations_total", outcome="applied") == 1


class Half(EventPublisher):
    """A broker that acknowledges the first half of what it is given."""

    async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
        return Decided(acknowledged=entries[: len(entries) // 2])


async def test_acknowledged_events_count_by_their_type() -> None:
    metrics = Metrics()
    entries = [
        OutboxEntry(
            seq=seq,
            event_id=EventId.of_change(builders.REFERRAL, "referral.completed", seq),
            type="referral.completed",
            referral_id=builders.REFERRAL,
            occurred_at=builders.PLACED_AT,
            payload=b"",
        )
        for seq in range(4)
    ]
    decided = await CountedPublisher(Half(), metrics).publish(entries)
    assert decided.acknowledged == entries[:2]
    assert value(metrics, "referrals_events_published_total", type="referral.completed") == 2
