"""The laws of `EventPublisher`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias
from uuid import uuid4

import attrs
import pytest

from referrals_domain.model.identifiers import EventId, ReferralId
from referrals_domain.ports.event_publisher import Decided
from referrals_domain.ports.outbox import OutboxEntry
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from referrals_domain.ports.event_publisher import EventPublisher


class Arrived(NamedTuple):
    """An event as whoever reads from the broker finds it."""

    referral_id: ReferralId
    payload: bytes


Arrivals: TypeAlias = Callable[[], Awaitable[Sequence[Arrived]]]
FIRST: Final = ReferralId("22222222-2222-4222-8222-222222222201")
OTHER: Final = ReferralId("22222222-2222-4222-8222-222222222202")


class EventPublisherContract(ABC):
    """
    What the broker has, and only that, is acknowledged.

    Override the fixtures without a body to have it test yours, and `topic` unless every test has
    a broker of its own.
    """

    @pytest.fixture
    def topic(self) -> str:
        """Return the type of the events, below which none has arrived yet."""
        return "referral.completed"

    @pytest.fixture
    @abstractmethod
    def publisher(self) -> EventPublisher:
        """Return what publishes."""

    @pytest.fixture
    @abstractmethod
    def arrivals(self, topic: str) -> Arrivals:
        """Return what reads every event of the topic, those of one referral as they arrived."""

    @pytest.fixture
    @abstractmethod
    def impossible(self) -> bytes:
        """Return a payload that the broker will never take."""

    async def test_what_is_acknowledged_has_arrived_and_nothing_else(
        self, publisher: EventPublisher, arrivals: Arrivals, topic: str
    ) -> None:
        entries = _entries(topic, 100)
        acknowledged = (await publisher.publish(entries)).acknowledged
        assert sorted(acknowledged, key=_seq) == entries
        assert sorted(await arrivals()) == sorted(map(_arrived, entries))

    async def test_events_of_one_referral_arrive_in_the_order_given(
        self, publisher: EventPublisher, arrivals: Arrivals, topic: str
    ) -> None:
        entries = _entries(topic, 30)
        for first in range(0, 30, 10):
            await publisher.publish(entries[first : first + 10])
        arrived = await arrivals()
        for referral in (FIRST, OTHER):
            assert [one for one in arrived if one.referral_id == referral] == [
                _arrived(one) for one in entries if one.referral_id == referral
            ]

    async def test_what_is_refused_holds_back_its_own_referral_only(
        self, publisher: EventPublisher, arrivals: Arrivals, topic: str, impossible: bytes
    ) -> None:
        before, other, refused, behind, *_ = _entries(topic, 6, of=(FIRST, OTHER, FIRST, FIRST))
        refused = attrs.evolve(refused, payload=impossible)
        decided = await publisher.publish([before, refused, behind, other])
        assert sorted(decided.acknowledged, key=_seq) == [before, other]
        assert list(decided.refused) == [refused]
        assert decided.refused[refused]
        assert set(await arrivals()) == {_arrived(before), _arrived(other)}

    async def test_what_is_published_again_is_acknowledged_again(
        self, publisher: EventPublisher, arrivals: Arrivals, topic: str
    ) -> None:
        entries = _entries(topic, 2)
        for _ in range(2):
            acknowledged = (await publisher.publish(entries)).acknowledged
            assert sorted(acknowledged, key=_seq) == entries
        assert set(await arrivals()) == set(map(_arrived, entries))

    async def test_of_nothing_nothing_is_decided(
        self, publisher: EventPublisher, arrivals: Arrivals
    ) -> None:
        assert await publisher.publish([]) == Decided()
        assert not await arrivals()


def _entries(
    topic: str, number: int, *, of: Sequence[ReferralId] = (FIRST, OTHER, OTHER)
) -> list[OutboxEntry]:
    """Return as many different entries, of these referrals in turn."""
    return [
        OutboxEntry(
            seq=seq,
            event_id=EventId(str(uuid4())),
            type=topic,
            referral_id=of[seq % len(of)],
            occurred_at=builders.PLACED_AT,
            payload=b'{"number":%d}' % seq,
        )
        for seq in range(number)
    ]


def _arrived(entry: OutboxEntry) -> Arrived:
    return Arrived(entry.referral_id, entry.payload)


def _seq(entry: OutboxEntry) -> int:
    return entry.seq
