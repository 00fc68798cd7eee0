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
    KafkaError,
    KafkaTimeoutError,
    OutOfOrderSequenceNumber,
    ProducerFenced,
    TopicAuthorizationFailedError,
    UnknownProducerId,
    UnknownTopicOrPartitionError,
)

from referrals_adapters.kafka.publisher import KafkaPublisher, ProducerLost
from referrals_domain.model.identifiers import EventId, ReferralId
from referrals_domain.ports.outbox import OutboxEntry
from referrals_domain.testing import builders
from tests.logged import written


@attrs.frozen
class Producer:
    """
    In place of aiokafka's, whose worst errors no broker here gives.

    Args:
        fate: What becomes of an event, by its topic; any other is acknowledged.
        topics: Where it was asked to send to.
    """

    fate: Mapping[str, Exception]
    topics: list[str] = attrs.field(factory=list)

    async def send(self, topic: str, value: bytes, **_: object) -> asyncio.Future[int]:
        self.topics.append(topic)
        decided: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        error = self.fate.get(topic)
        if error:
            decided.set_exception(error)
        else:
            decided.set_result(len(value))
        return decided


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
async def test_a_producer_that_cannot_go_on_is_lost(error: Exception) -> None:
    producer = Producer({"bad": error})
    publisher = KafkaPublisher(producer=producer)
    with pytest.raises(ProducerLost):
        await publisher.publish([entry("bad")])
    with pytest.raises(ProducerLost):
        await publisher.publish([entry("good")])
    assert producer.topics == ["bad"]


async def test_what_was_acknowledged_before_is_returned_first() -> None:
    publisher = KafkaPublisher(producer=Producer({"bad": OutOfOrderSequenceNumber()}))
    good, bad = entry("good"), entry("bad")
    after_good = attrs.evolve(good, event_id=EventId(str(uuid4())))
    assert await publisher.publish([good, bad, after_good]) == [good]
    with pytest.raises(ProducerLost):
        await publisher.publish([after_good])


@pytest.mark.parametrize(
    "error",
    [KafkaTimeoutError(), TopicAuthorizationFailedError(), UnknownTopicOrPartitionError()],
)
async def test_an_event_that_was_not_taken_is_left_out_and_logged(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    publisher = KafkaPublisher(producer=Producer({"bad": error}))
    good, bad = entry("good"), entry("bad")
    with caplog.at_level(logging.ERROR):
        assert await publisher.publish([bad, good]) == [good]
    (line,) = written(caplog.records)
    assert (line["event_id"], line["reason"]) == (bad.event_id, type(error).__name__)
    assert "7002" not in str(line)
    assert await publisher.publish([good]) == [good]


def entry(topic: str) -> OutboxEntry:
    return OutboxEntry(
        seq=1,
        event_id=EventId(str(uuid4())),
        type=topic,
        referral_id=ReferralId(str(uuid4())),
        occurred_at=builders.PLACED_AT,
        payload=b'{"referred_customer_id":"7002"}',
    )
