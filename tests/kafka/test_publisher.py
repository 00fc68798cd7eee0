"""What is published arrives, in order, once, whatever the broker and the caller do meanwhile."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import attrs
import pytest

from referrals_adapters.kafka.producer import open_publisher
from referrals_adapters.kafka.publisher import ProducerLost
from referrals_adapters.kafka.settings import KafkaSettings
from referrals_adapters.kafka.topics import look_after_topics
from referrals_adapters.wire.events import event_data, event_message
from referrals_domain.errors import Unavailable
from referrals_domain.model.identifiers import EventId, ReferralId
from referrals_domain.ports.event_publisher import Decided
from referrals_domain.ports.outbox import OutboxEntry
from referrals_domain.testing import builders
from referrals_sandbox.servers.ports import free_port
from tests.broker import of_record, records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aiokafka import ConsumerRecord

    from referrals_adapters.kafka.publisher import KafkaPublisher
    from referrals_domain.model.events import ReferralEvent
    from referrals_sandbox.servers.kafka import Kafka

TOO_LARGE: Final = bytes(2_000_000)


async def test_an_event_arrives_with_its_key_its_headers_and_its_body(
    publisher: KafkaPublisher, broker: Kafka, topic: str
) -> None:
    sent = entry(topic)
    assert (await publisher.publish([sent])).acknowledged == [sent]
    (record,) = await records(broker.address, topic)
    assert record.key == sent.referral_id.encode()
    assert record.value == sent.payload
    assert dict(record.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": sent.event_id.encode(),
        "ce_source": b"/referrals",
        "ce_type": topic.encode(),
        "ce_time": b"2026-11-20T15:15:28+00:00",
        "content-type": b"application/json",
    }


@pytest.mark.parametrize(
    "event",
    [builders.referral_completed(), builders.referral_reversed()],
    ids=lambda one: one.type,
)
async def test_what_lies_on_the_broker_is_the_message_that_consumers_test_with(
    publisher: KafkaPublisher, broker: Kafka, settings: KafkaSettings, event: ReferralEvent
) -> None:
    message = event_message(event)
    await look_after_topics(settings, [message.topic])
    waiting = OutboxEntry(
        seq=1,
        event_id=event.id,
        type=event.type,
        referral_id=event.referral_id,
        occurred_at=event.occurred_at,
        payload=event_data(event),
    )
    await publisher.publish([waiting])
    assert message in map(of_record, await records(broker.address, message.topic))


async def test_the_order_of_each_referral_is_kept(
    publisher: KafkaPublisher, broker: Kafka, topic: str
) -> None:
    referrals = [ReferralId(str(uuid4())) for _ in range(100)]
    sent = [entry(topic, referral=referrals[seq * 7 % 100], seq=seq) for seq in range(1_000)]
    for start in range(0, 1_000, 200):
        batch = sent[start : start + 200]
        assert sorted(seqs(await publisher.publish(batch))) == seqs(batch)
    arrived = await records(broker.address, topic)
    for referral in referrals:
        expected = [one.payload for one in sent if one.referral_id == referral]
        assert [one.value for one in arrived if one.key == referral.encode()] == expected


async def test_to_publish_nothing_is_nothing(publisher: KafkaPublisher) -> None:
    assert await publisher.publish([]) == Decided()


async def test_nothing_is_lost_or_doubled_while_the_broker_is_away(
    publisher: KafkaPublisher, broker: Kafka, topic: str
) -> None:
    await publisher.publish([entry(topic)])
    sent = [entry(topic, seq=seq) for seq in range(1, 50)]
    with down(broker):
        publishing = asyncio.create_task(publisher.publish(sent))
        await asyncio.sleep(0.4)
        assert not publishing.done()
    assert (await publishing).acknowledged == sent
    arrived = await records(broker.address, topic)
    assert sorted(number(one) for one in arrived) == list(range(50))


async def test_a_send_whose_caller_left_is_not_repeated(
    publisher: KafkaPublisher, broker: Kafka, topic: str
) -> None:
    await publisher.publish([entry(topic)])
    sent = [entry(topic, seq=seq) for seq in (1, 2, 3)]
    with down(broker):
        for _ in range(5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await publisher.publish(sent)
        publishing = asyncio.create_task(publisher.publish(sent))
        await asyncio.sleep(0)
    assert (await publishing).acknowledged == sent
    await publisher.publish([entry(topic, seq=4)])
    arrived = await records(broker.address, topic)
    assert sorted(number(one) for one in arrived) == [0, 1, 2, 3, 4]


async def test_a_refused_event_holds_back_its_own_referral_only(
    publisher: KafkaPublisher, broker: Kafka, topic: str
) -> None:
    first = entry(topic, seq=1)
    refused = attrs.evolve(first, seq=2, event_id=event_id(), payload=TOO_LARGE)
    after = attrs.evolve(first, seq=3, event_id=event_id())
    other = entry(topic, seq=4)
    decided = await publisher.publish([first, refused, after, other])
    assert (seqs(decided), decided.refused) == ([1, 4], {refused: "MessageSizeTooLargeError"})
    assert len(await records(broker.address, topic)) == 2


async def test_undecided_for_too_long_means_that_the_producer_is_lost(
    publisher: KafkaPublisher, broker: Kafka, topic: str
) -> None:
    await publisher.publish([entry(topic)])
    publisher.decided_within = timedelta(milliseconds=200)
    undecided = entry(topic, seq=1)
    with down(broker):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.15):
                await publisher.publish([undecided])
        with pytest.raises(ProducerLost):  # it was undecided before this caller came, too
            async with asyncio.timeout(0.15):
                await publisher.publish([undecided])
    with pytest.raises(ProducerLost):
        await publisher.publish([entry(topic, seq=2)])


async def test_leaving_while_an_event_is_undecided_does_not_hang(
    settings: KafkaSettings, broker: Kafka, topic: str
) -> None:
    opened = open_publisher(settings, stopped_within=timedelta(milliseconds=100))
    with ExitStack() as stack:
        async with asyncio.timeout(5), opened as publisher:
            await publisher.publish([entry(topic)])
            stack.enter_context(down(broker))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await publisher.publish([entry(topic, seq=1)])


async def test_the_broker_knows_the_producer_and_so_its_repetitions(
    settings: KafkaSettings, caplog: pytest.LogCaptureFixture
) -> None:
    # The mock broker loses no answer, so what idempotence does for one cannot be shown here.
    with caplog.at_level(logging.DEBUG, "aiokafka"):
        async with open_publisher(settings):
            pass
    assert "Successfully found PID" in caplog.text


async def test_no_broker_at_the_start_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        async with open_publisher(KafkaSettings(broker=f"127.0.0.1:{free_port()}")):
            pass


def entry(topic: str, *, referral: ReferralId | None = None, seq: int = 0) -> OutboxEntry:
    return OutboxEntry(
        seq=seq,
        event_id=event_id(),
        type=topic,
        referral_id=referral or ReferralId(str(uuid4())),
        occurred_at=builders.PLACED_AT,
        payload=b'{"number":%d}' % seq,
    )


def event_id() -> EventId:
    return EventId(str(uuid4()))


def seqs(of: Decided | Sequence[OutboxEntry]) -> list[int]:
    return [one.seq for one in (of.acknowledged if isinstance(of, Decided) else of)]


def number(record: ConsumerRecord) -> int:
    return int(json.loads(record.value)["number"])


@contextmanager
def down(broker: Kafka) -> Iterator[None]:
    broker.down()
    try:
        yield
    finally:
        broker.up()
