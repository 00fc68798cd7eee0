"""The relay publishes only while it leads, and ends rather than send beside another leader."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

import attrs
import pytest

from referrals_adapters.kafka.publisher import ProducerLost
from referrals_adapters.postgres.uninterrupted import uninterrupted
from referrals_domain.errors import Unavailable
from referrals_domain.ports.event_publisher import Decided, EventPublisher
from referrals_domain.ports.leadership import Leadership
from referrals_domain.testing import builders
from referrals_domain.testing.memory.neighbours import InMemoryEventPublisher
from referrals_domain.testing.memory.store import InMemoryStore
from referrals_domain.testing.time_and_chance import FixedClock
from referrals_domain.use_cases.publish_events import PublishEvents
from referrals_webhook.relay import Relay
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from referrals_domain.model.events import ReferralCompleted
    from referrals_domain.model.identifiers import ReferralId
    from referrals_domain.ports.outbox import OutboxEntry


class InMemoryLeadership(Leadership):
    """Leadership that a test grants and takes away."""

    def __init__(self) -> None:
        self.granted, self.lost, self.given_back = (asyncio.Event() for _ in range(3))

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        await self.granted.wait()
        leader = asyncio.current_task()
        assert leader

        async def take_away() -> None:
            await self.lost.wait()
            leader.cancel()

        taking = asyncio.create_task(take_away())
        try:
            yield
        except asyncio.CancelledError:
            if self.lost.is_set():
                leader.uncancel()
                raise Unavailable("leadership was lost") from None
            raise
        finally:
            taking.cancel()
            self.given_back.set()


@attrs.define
class HesitantPublisher(EventPublisher):
    """A broker that does not decide before it is told to, or fails."""

    asked: asyncio.Event = attrs.field(factory=asyncio.Event)
    decide: asyncio.Event = attrs.field(factory=asyncio.Event)
    error: Exception | None = None

    async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
        self.asked.set()
        if self.error:
            raise self.error
        await self.decide.wait()
        return Decided(acknowledged=entries)


@attrs.define
class StubbornPublisher(EventPublisher):
    """A broker that whoever waits for it cannot leave for a second."""

    async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
        await uninterrupted(asyncio.sleep(1))
        return Decided(acknowledged=entries)


class Ended(BaseException):
    """In place of the end of the process."""


def end(reason: str) -> NoReturn:
    raise Ended(reason)


@attrs.define
class Bench:
    relay: Relay
    leadership: InMemoryLeadership
    store: InMemoryStore
    stop: asyncio.Event
    running: asyncio.Task[None] = attrs.field(init=False)

    def start(self) -> None:
        self.running = asyncio.create_task(self.relay.run(self.stop))

    async def is_empty(self) -> bool:
        return not self.store.state.outbox

    async def ended(self) -> None:
        async with asyncio.timeout(5):
            await self.running


async def bench(publisher: EventPublisher, *, drain: float = 5.0) -> Bench:
    store, leadership = InMemoryStore(), InMemoryLeadership()
    async with store.begin() as tx:
        await tx.outbox.add([completed()])
        await tx.commit()
    relay = Relay(
        leadership=leadership,
        publish=PublishEvents(
            begin=store.begin, publisher=publisher, clock=FixedClock(builders.PLACED_AT)
        ),
        drain_within=timedelta(seconds=drain),
        end=end,
    )
    return Bench(relay, leadership, store, asyncio.Event())


def completed(referral_id: ReferralId = builders.REFERRAL) -> ReferralCompleted:
    return builders.referral_completed(referral_id=referral_id)


async def test_it_publishes_once_it_leads_and_not_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    publisher = InMemoryEventPublisher()
    it = await bench(publisher)
    it.start()
    await asyncio.sleep(0.05)
    assert not publisher.log
    assert capsys.readouterr().out == ""
    it.leadership.granted.set()
    await until(it.is_empty)
    assert len(publisher.log) == 1
    assert capsys.readouterr().out == "referrals-webhook relay leading\n"
    it.stop.set()
    await it.ended()
    assert it.leadership.given_back.is_set()


async def test_told_to_stop_it_no_longer_waits_to_lead() -> None:
    it = await bench(InMemoryEventPublisher())
    it.start()
    await asyncio.sleep(0)
    it.stop.set()
    await it.ended()
    assert it.store.state.outbox


async def test_told_to_stop_it_finishes_its_sends() -> None:
    publisher = HesitantPublisher()
    it = await bench(publisher)
    it.leadership.granted.set()
    it.start()
    await asyncio.wait_for(publisher.asked.wait(), 5)
    it.stop.set()
    await asyncio.sleep(0.05)
    assert not it.running.done()
    assert not it.leadership.given_back.is_set()
    publisher.decide.set()
    await it.ended()
    assert not it.store.state.outbox


async def test_it_ends_if_sends_stay_undecided_after_it_was_told_to_stop() -> None:
    publisher = HesitantPublisher()
    it = await bench(publisher, drain=0.05)
    it.leadership.granted.set()
    it.start()
    await asyncio.wait_for(publisher.asked.wait(), 5)
    it.stop.set()
    with pytest.raises(Ended, match="undecided"):
        await it.ended()
    assert it.store.state.outbox


async def test_it_ends_when_it_no_longer_leads() -> None:
    it = await bench(HesitantPublisher())
    it.leadership.granted.set()
    it.start()
    await asyncio.sleep(0.01)
    it.leadership.lost.set()
    with pytest.raises(Ended, match="leadership was lost"):
        await it.ended()


async def test_it_ends_at_once_though_what_is_under_way_cannot_be_cut_off() -> None:
    it = await bench(StubbornPublisher())
    it.leadership.granted.set()
    it.start()
    await asyncio.sleep(0.01)
    it.leadership.lost.set()
    with pytest.raises(Ended, match="leadership was lost"):
        async with asyncio.timeout(0.5):
            await it.running


async def test_it_ends_when_its_producer_is_lost() -> None:
    it = await bench(HesitantPublisher(error=ProducerLost("fenced")))
    it.leadership.granted.set()
    it.start()
    with pytest.raises(Ended, match="fenced"):
        await it.ended()
    assert it.store.state.outbox


async def test_it_passes_on_that_nobody_can_tell_who_leads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    it = await bench(InMemoryEventPublisher())
    error = Unavailable("PostgreSQL: away")

    async def away() -> None:
        raise error

    monkeypatch.setattr(it.leadership.granted, "wait", away)
    it.start()
    with pytest.raises(Unavailable, match="away"):
        await it.ended()
