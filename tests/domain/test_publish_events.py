"""Events leave the outbox in order, and only once the broker acknowledged them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs
import pytest

from referrals_domain.ports.transaction import Transaction
from referrals_domain.ports.unpublished_events import Refused
from referrals_domain.testing.memory.neighbours import InMemoryEventPublisher
from referrals_domain.use_cases.list_unpublished import ListUnpublished
from referrals_domain.use_cases.publish_events import PublishEvents
from referrals_domain.use_cases.retry_refused import RetryRefused
from tests.domain.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.ports.event_publisher import Decided
    from referrals_domain.ports.outbox import OutboxEntry


class BrokerThatMissesOne(InMemoryEventPublisher):
    """A broker that acknowledges all but the first entry."""

    async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
        """Append all but the first to the log."""
        return await super().publish(entries[1:])


class BrokerThatRefuses(InMemoryEventPublisher):
    """A broker that refuses the first entry and acknowledges the others."""

    async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
        """Append all but the first to the log."""
        first, *others = entries
        decided = await super().publish(others)
        return attrs.evolve(decided, refused={first: "too_large"})


@attrs.define
class BrokerThatNeedsTheStore(InMemoryEventPublisher):
    """A broker that answers only while nobody has the store for themselves."""

    begin: Callable[[], Transaction] = attrs.field(kw_only=True)

    async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
        """Append to the log within a transaction."""
        async with asyncio.timeout(1), self.begin():
            return await super().publish(entries)


@pytest.fixture
async def world() -> World:
    """Return a world in which five orders of five friends completed."""
    world = World()
    await world.set_up()
    await world.deliver(*(world.order_of_friend(number) for number in range(5)))
    await world.work()
    assert len(world.events()) == 5
    return world


async def test_what_was_acknowledged_leaves_the_outbox(world: World) -> None:
    entries = list(world.store.state.outbox.values())
    assert await _publish(world, world.publisher) == 5
    assert world.publisher.log == entries
    assert world.events() == []


async def test_what_was_not_acknowledged_stays_and_goes_out_later(world: World) -> None:
    entries = list(world.store.state.outbox.values())
    assert await _publish(world, InMemoryEventPublisher(acknowledges=False)) == 0
    assert len(world.events()) == 5
    assert await _publish(world, world.publisher) == 5
    assert world.publisher.log == entries


async def test_what_was_acknowledged_in_part_leaves_in_part(world: World) -> None:
    first, *others = world.store.state.outbox.values()
    broker = BrokerThatMissesOne()
    assert await _publish(world, broker) == 4
    assert broker.log == others
    assert list(world.store.state.outbox.values()) == [first]


async def test_what_was_refused_waits_for_a_person_and_is_not_sent_again(world: World) -> None:
    first, *others = world.store.state.outbox.values()
    assert await _publish(world, BrokerThatRefuses()) == 5
    assert await _publish(world, world.publisher) == 0
    list_unpublished = ListUnpublished(begin=world.store.begin)
    (refused,) = await list_unpublished()
    assert (refused.id, refused.event_id) == (first.seq, first.event_id)
    assert refused.refused == Refused(at=world.clock.now(), reason="too_large")
    assert list(await list_unpublished(waiting=True)) == [refused]
    await world.deliver(world.order_of_friend(99))
    await world.work()
    (again, waiting) = await list_unpublished(waiting=True)
    assert (again, waiting.refused) == (refused, None)
    assert list(await list_unpublished()) == [refused]
    assert await RetryRefused(begin=world.store.begin)([first.seq, others[0].seq]) == [first.seq]
    assert await list_unpublished() == []
    assert await _publish(world, world.publisher) == 2
    assert world.publisher.log[0] == first


async def test_the_oldest_go_out_first_and_no_more_than_the_limit(world: World) -> None:
    entries = list(world.store.state.outbox.values())
    for limit, done in [(2, 2), (2, 4), (2, 5), (2, 5)]:
        await _publish(world, world.publisher, limit=limit)
        assert world.publisher.log == entries[:done]


async def test_no_transaction_is_open_while_the_broker_is_waited_for(world: World) -> None:
    assert await _publish(world, BrokerThatNeedsTheStore(begin=world.store.begin)) == 5


async def test_an_empty_outbox_troubles_nobody() -> None:
    world = World()
    assert await _publish(world, world.publisher) == 0
    assert world.publisher.log == []


async def _publish(world: World, publisher: InMemoryEventPublisher, *, limit: int = 10) -> int:
    publish = PublishEvents(begin=world.store.begin, publisher=publisher, clock=world.clock)
    return await publish(limit)
