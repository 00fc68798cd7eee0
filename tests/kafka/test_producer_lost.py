"""Which errors cost an event its place in this call, and which cost the producer its process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from uuid import uuid4

import attrs
import pytest
from aiokafka.errors import (
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    InvalidTimestampError,
    InvalidTopicError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    PolicyViolationError,
    ProducerFenced,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnknownError,
    UnknownProducerId,
    UnknownTopicOrPartitionError,
    UnsupportedForMessageFormatError,
)
from aiokafka.producer.message_accumulator import BatchBuilder

from referrals_adapters.kafka.batches import BATCH_SIZE
from referrals_adapters.kafka.publisher import KafkaPublisher, ProducerLost
from referrals_domain.model.identifiers import EventId, ReferralId
from referrals_domain.ports.event_publisher import Decided
from referrals_domain.ports.outbox import OutboxEntry
from referrals_domain.testing import builders
from tests.logged import written


@attrs.frozen
class Producer:
    """
    In place of aiokafka's, whose worst errors no broker here gives.

    Args:
        fate: What becomes of an event, by its topic; any other is acknowledged.
        knows: Whether it knows the topics, so that it is sent batches.
        undecided: What decides about an event later, by its topic.
        topics: Where it was asked to send to.
    """

    fate: Mapping[str, Exception]
    knows: bool
    undecided: Mapping[str, asyncio.Future[int]] = attrs.field(factory=dict)
    topics: list[str] = attrs.field(factory=list)

    @property
    def client(self) -> Producer:
        return self

    @property
    def cluster(self) -> Producer:
        return self

    def partitions_for_topic(self, _: str) -> set[int] | None:
        return {0, 1, 2} if self.knows else None

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(BATCH_SIZE, 0)

    async def send_batch(
        self, batch: BatchBuilder, topic: str, *, partition: int
    ) -> asyncio.Future[int]:
        assert batch.record_count() == 1
        assert partition in {0, 1, 2}
        return await self.send(topic, b"")

    async def send(self, topic: str, value: bytes, **_: object) -> asyncio.Future[int]:
        self.topics.append(topic)
        if topic in self.undecided:
            return self.undecided[topic]
        decided: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        error = self.fate.get(topic)
        if error:
            decided.set_exception(error)
        else:
            decided.set_result(len(value))
        return decided


@pytest.fixture(params=[True, False], ids=["in batches", "one by one"])
def knows(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize(
    "error",
    [
        InvalidProducerEpoch(),
        InvalidProducerIdMapping(),
        KafkaError("Unexpected error during batch delivery"),
        OutOfOrderSequenceNumber(),
        ProducerFenced(),
        UnknownProducerId(),
    ],
)
async def test_a_producer_that_cannot_go_on_is_lost(error: Exception, *, knows: bool) -> None:
    producer = Producer({"bad": error}, knows=knows)
    publisher = KafkaPublisher(producer=producer)
    with pytest.raises(ProducerLost):
        await publisher.publish([entry("bad")])
    with pytest.raises(ProducerLost):
        await publisher.publish([entry("good")])
    assert producer.topics == ["bad"]


async def test_what_was_acknowledged_before_is_returned_first(*, knows: bool) -> None:
    publisher = KafkaPublisher(producer=Producer({"bad": OutOfOrderSequenceNumber()}, knows=knows))
    good, bad = entry("good"), entry("bad")
    after_good = attrs.evolve(good, event_id=EventId(str(uuid4())))
    assert await publisher.publish([good, bad, after_good]) == Decided(acknowledged=[good])
    with pytest.raises(ProducerLost):
        await publisher.publish([after_good])


@pytest.mark.parametrize(
    "error",
    [KafkaTimeoutError(), UnknownError(), UnknownTopicOrPartitionError()],
)
async def test_an_event_that_was_not_taken_is_left_out_and_logged(
    error: Exception, caplog: pytest.LogCaptureFixture, *, knows: bool
) -> None:
    publisher = KafkaPublisher(producer=Producer({"bad": error}, knows=knows))
    good, bad = entry("good"), entry("bad")
    with caplog.at_level(logging.ERROR):
        assert await publisher.publish([bad, good]) == Decided(acknowledged=[good])
    (line,) = written(caplog.records)
    assert line["event"] == "an event was not published"
    assert (line["event_id"], line["reason"]) == (bad.event_id, type(error).__name__)
    assert "7002" not in str(line)
    assert (await publisher.publish([good])).acknowledged == [good]


@pytest.mark.parametrize(
    "error",
    [
        InvalidTimestampError(),
        InvalidTopicError(),
        MessageSizeTooLargeError(),
        PolicyViolationError(),
        RecordListTooLargeError(),
        TopicAuthorizationFailedError(),
        UnsupportedForMessageFormatError(),
    ],
)
async def test_what_the_broker_would_always_refuse_is_told_apart_and_is_an_alarm(
    error: Exception, caplog: pytest.LogCaptureFixture, *, knows: bool
) -> None:
    publisher = KafkaPublisher(producer=Producer({"bad": error}, knows=knows))
    good, bad = entry("good"), entry("bad")
    reason = type(error).__name__
    with caplog.at_level(logging.ERROR):
        decided = await publisher.publish([bad, good])
    assert decided == Decided(acknowledged=[good], refused={bad: reason})
    (line,) = written(caplog.records)
    assert line == {
        "event": "an event is refused until a person looks",
        "level": "error",
        "event_id": bad.event_id,
        "event_type": "bad",
        "reason": reason,
    }


async def test_what_was_refused_before_the_producer_was_lost_is_returned_first(
    *, knows: bool
) -> None:
    fate = {"bad": MessageSizeTooLargeError(), "after": OutOfOrderSequenceNumber()}
    publisher = KafkaPublisher(producer=Producer(fate, knows=knows))
    bad, after = entry("bad"), entry("after")
    decided = await publisher.publish([bad, after])
    assert decided == Decided(refused={bad: "MessageSizeTooLargeError"})
    with pytest.raises(ProducerLost):
        await publisher.publish([after])


async def test_what_follows_on_another_topic_waits_until_what_was_before_is_acknowledged(
    *, knows: bool
) -> None:
    undecided = asyncio.get_running_loop().create_future()
    producer = Producer({}, knows=knows, undecided={"referral.completed": undecided})
    completed = entry("referral.completed")
    reversed_ = attrs.evolve(completed, type="referral.reversed", event_id=EventId(str(uuid4())))
    other = entry("referral.reversed")
    publishing = asyncio.create_task(
        KafkaPublisher(producer=producer).publish([completed, reversed_, other])
    )
    await asyncio.sleep(0.05)
    assert producer.topics == ["referral.completed", "referral.reversed"]
    undecided.set_result(1)
    assert (await publishing).acknowledged == [completed, other, reversed_]


def entry(topic: str) -> OutboxEntry:
    return OutboxEntry(
        seq=1,
        event_id=EventId(str(uuid4())),
        type=topic,
        referral_id=ReferralId(str(uuid4())),
        occurred_at=builders.PLACED_AT,
        payload=b'{"referred_customer_id":"7002"}',
    )
