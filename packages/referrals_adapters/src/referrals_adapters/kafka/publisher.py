"""The publisher of events."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    InvalidTimestampError,
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    PolicyViolationError,
    ProducerFenced,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnknownProducerId,
    UnsupportedForMessageFormatError,
)

from referrals_adapters.kafka.batches import batches
from referrals_domain.model.identifiers import EventId
from referrals_domain.ports.event_publisher import Decided, EventPublisher

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from referrals_adapters.kafka.batches import Batch
    from referrals_domain.model.identifiers import ReferralId
    from referrals_domain.ports.outbox import OutboxEntry

_LOG: Final = logging.getLogger(__name__)
_DEADLY: Final = (
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    OutOfOrderSequenceNumber,
    ProducerFenced,
    UnknownProducerId,
)
_REFUSALS: Final = (
    InvalidTimestampError,
    InvalidTopicError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnsupportedForMessageFormatError,
)
"""What the broker would say of an event each time, until a person changes its settings."""


class ProducerLost(Exception):
    """
    The producer will decide nothing any more: the process is to end at once and be replaced.

    It is no error of the domain, lest a loop that waits those out go on with it. A second
    producer in the same process would break the order of a referral's events.
    """


@attrs.frozen(eq=False)
class _Send:
    """A send that goes on, whether somebody waits for it or not."""

    task: asyncio.Task[None]
    began: float


@attrs.define(kw_only=True)
class KafkaPublisher(EventPublisher):
    """
    One idempotent producer; what it acknowledges, all in-sync replicas have.

    A send is never given up, because that would not undo it. Who publishes an event again while
    it is undecided waits for the send that is under way.

    Args:
        producer: The producer, started.
        decided_within: How long a send may stay undecided; then the producer counts as lost.
    """

    producer: AIOKafkaProducer
    decided_within: timedelta = timedelta(seconds=120)
    _under_way: dict[EventId, _Send] = attrs.field(factory=dict, init=False)
    _lost: str | None = attrs.field(default=None, init=False)

    async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
        """
        Send events, those of one referral one after the other; wait until each is decided.

        After the broker itself has refused one, the producer is lost soon: aiokafka has counted
        the event, and the broker misses its number (November 2026, aiokafka 0.14).

        Raises:
            ProducerLost: Nothing was decided, and nothing will be. If something was before the
                producer was lost, that is returned, and the next call raises.
        """
        acknowledged: list[OutboxEntry] = []
        refused: dict[OutboxEntry, str] = {}
        waiting = list(entries)
        while waiting and not self._lost:
            firsts, waiting = _first_of_each_referral(waiting)
            decided = await self._decided(firsts)
            acknowledged += decided.acknowledged
            refused |= decided.refused
            go_on = {entry.referral_id for entry in decided.acknowledged}
            waiting = [entry for entry in waiting if entry.referral_id in go_on]
        if self._lost and not (acknowledged or refused):
            raise ProducerLost(self._lost)
        return Decided(acknowledged=acknowledged, refused=refused)

    async def _decided(self, entries: Sequence[OutboxEntry]) -> Decided:
        """Send entries of different referrals; return what became of them in time."""
        sends = self._sends(entries)
        due = min(send.began for send in sends) + self.decided_within.total_seconds()
        left = due - asyncio.get_running_loop().time()
        # `wait`, unlike `wait_for`, cancels nothing when time is up or it is itself cancelled.
        await asyncio.wait([send.task for send in sends], timeout=max(0, left))
        undecided = {
            entry.event_id
            for send, sent in sends.items()
            if not send.task.done()
            for entry in sent
        }
        if undecided:
            self._lost = f"{len(undecided)} events undecided for {self.decided_within}"
        errors = {
            entry: error
            for send, sent in sends.items()
            if send.task.done() and (error := send.task.exception())
            for entry in sent
        }
        for entry, error in errors.items():
            self._note(entry, error)
        left_out = undecided | {entry.event_id for entry in errors}
        return Decided(
            acknowledged=[entry for entry in entries if entry.event_id not in left_out],
            refused={
                entry: type(error).__name__
                for entry, error in errors.items()
                if isinstance(error, _REFUSALS)
            },
        )

    def _sends(self, entries: Sequence[OutboxEntry]) -> Mapping[_Send, Sequence[OutboxEntry]]:
        """Return the sends of entries that are under way, and begin those that are not."""
        sends: dict[_Send, Sequence[OutboxEntry]] = {}
        others: list[OutboxEntry] = []
        for entry in entries:
            if send := self._under_way.get(entry.event_id):
                sends[send] = [*sends.get(send, ()), entry]
            else:
                others.append(entry)
        for batch in batches(self.producer, others):
            sends[self._begin(batch)] = batch.entries
        return sends

    def _begin(self, batch: Batch) -> _Send:
        """Begin a send that nobody can cut off."""
        task = asyncio.create_task(batch.send())
        send = _Send(task, asyncio.get_running_loop().time())
        ids = [entry.event_id for entry in batch.entries]
        self._under_way |= dict.fromkeys(ids, send)
        task.add_done_callback(lambda task: self._forget(ids, task))
        return send

    def _forget(self, ids: Collection[EventId], task: asyncio.Task[None]) -> None:
        for id_ in ids:
            del self._under_way[id_]
        if not task.cancelled():
            task.exception()  # perhaps nobody waits for it any more

    def _note(self, entry: OutboxEntry, error: BaseException) -> None:
        """Log that an entry was not acknowledged, and note what that says of the producer."""
        # A bare KafkaError is how aiokafka reports that its own sender has died.
        if isinstance(error, _DEADLY) or type(error) is KafkaError:
            self._lost = f"the producer failed for good: {error!r}"
        about = {
            "event_id": entry.event_id,
            "event_type": entry.type,
            "reason": type(error).__name__,
        }
        if isinstance(error, _REFUSALS):
            _LOG.error("an event is refused until a person looks", extra=about)
        else:
            _LOG.error("an event was not published", extra=about)


def _first_of_each_referral(
    entries: Sequence[OutboxEntry],
) -> tuple[list[OutboxEntry], list[OutboxEntry]]:
    """Split entries into the first of each referral and the others, both in order."""
    seen: set[ReferralId] = set()
    firsts: list[OutboxEntry] = []
    others: list[OutboxEntry] = []
    for entry in entries:
        (others if entry.referral_id in seen else firsts).append(entry)
        seen.add(entry.referral_id)
    return firsts, others
