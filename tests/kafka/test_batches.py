"""Events of one partition go together, and each is where Kafka's own clients would put it."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import uuid4

import attrs
import pytest
from aiokafka.errors import PolicyViolationError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.partitioner import murmur2 as murmur2_of_aiokafka
from aiokafka.producer.message_accumulator import BatchBuilder

from referrals_adapters.kafka.batches import BATCH_SIZE, batches
from referrals_adapters.kafka.murmur2 import murmur2
from referrals_adapters.kafka.publisher import KafkaPublisher
from tests.broker import records
from tests.kafka.test_publisher import entry, number, seqs

if TYPE_CHECKING:
    from referrals_domain.ports.outbox import OutboxEntry
    from referrals_sandbox.servers.kafka import Kafka

PARTITIONS = {0, 1, 2, 3}


@attrs.define
class Producer:
    """
    In place of aiokafka's: it notes what it is sent.

    Args:
        knows: The topics that it knows.
        refuses: The partition whose batches the broker refuses, if any.
        sent: Topic and partition of each batch, and how many events it has.
        alone: The sizes of the events that came alone.
    """

    knows: Sequence[str] = ("known",)
    refuses: int | None = None
    sent: list[tuple[str, int, int]] = attrs.field(factory=list)
    alone: list[int] = attrs.field(factory=list)

    @property
    def client(self) -> Producer:
        return self

    @property
    def cluster(self) -> Producer:
        return self

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return PARTITIONS if topic in self.knows else None

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(BATCH_SIZE, 0)

    async def send(self, _: str, value: bytes, **__: object) -> asyncio.Future[None]:
        self.alone.append(len(value))
        return _decided()

    async def send_batch(
        self, batch: BatchBuilder, topic: str, *, partition: int
    ) -> asyncio.Future[None]:
        assert batch.size() <= BATCH_SIZE
        self.sent.append((topic, partition, batch.record_count()))
        return _decided(PolicyViolationError() if partition == self.refuses else None)


def _decided(error: Exception | None = None) -> asyncio.Future[None]:
    decided: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    if error:
        decided.set_exception(error)
    else:
        decided.set_result(None)
    return decided


def place(one: OutboxEntry) -> int:
    """Return the partition that aiokafka would choose."""
    all_of_them = sorted(PARTITIONS)
    return int(DefaultPartitioner()(one.referral_id.encode(), all_of_them, all_of_them))


def test_the_hash_is_that_of_kafkas_own_clients() -> None:
    ids = [str(uuid4()).encode() for _ in range(1_000)]
    assert [murmur2(one) for one in ids] == [murmur2_of_aiokafka(one) % 2**31 for one in ids]
    with pytest.raises(struct.error):
        murmur2(b"22222222")


async def test_events_of_one_partition_go_together_in_their_order() -> None:
    producer = Producer()
    entries = [entry("known", seq=seq) for seq in range(200)]
    found = list(batches(producer, entries))
    for batch in found:
        await batch.send()
    assert not producer.alone
    assert sorted(producer.sent) == [
        ("known", partition, len(list(ones)))
        for partition, ones in groupby(sorted(map(place, entries)))
    ]
    for batch in found:
        assert len({place(one) for one in batch.entries}) == 1
        assert seqs(batch.entries) == sorted(seqs(batch.entries))


async def test_what_finds_no_room_goes_in_another_batch() -> None:
    producer = Producer()
    large = [attrs.evolve(entry("known"), payload=bytes(BATCH_SIZE // 3)) for _ in range(40)]
    found = list(batches(producer, large))
    for batch in found:
        await batch.send()
    assert {one.event_id for batch in found for one in batch.entries} == {
        one.event_id for one in large
    }
    assert max(count for *_, count in producer.sent) == 2
    assert sum(count for *_, count in producer.sent) == len(large)


async def test_what_is_new_or_larger_than_a_batch_goes_alone() -> None:
    producer = Producer()
    just = attrs.evolve(entry("known"), payload=bytes(BATCH_SIZE + 1))
    for batch in batches(producer, [entry("new"), just, entry("known")]):
        await batch.send()
    assert sorted(producer.alone) == [len(entry("new").payload), BATCH_SIZE + 1]
    assert [count for *_, count in producer.sent] == [1]


async def test_a_refused_batch_leaves_the_others_as_they_are() -> None:
    entries = [entry("known", seq=seq) for seq in range(100)]
    decided = await KafkaPublisher(producer=Producer(refuses=2)).publish(entries)
    refused = [one for one in entries if place(one) == 2]
    assert refused
    assert decided.refused == dict.fromkeys(refused, "PolicyViolationError")
    assert decided.acknowledged == [one for one in entries if one not in refused]


async def test_thousands_of_events_arrive_each_once_in_its_partition(
    publisher: KafkaPublisher, broker: Kafka, topic: str
) -> None:
    await publisher.publish([entry(topic)])  # from then on the topic is known
    sent = [entry(topic, seq=seq) for seq in range(1, 3_000)]
    assert seqs(await publisher.publish(sent)) == seqs(sent)
    arrived = await records(broker.address, topic)
    assert sorted(map(number, arrived)) == list(range(3_000))
    partitions = sorted(publisher.producer.client.cluster.partitions_for_topic(topic))
    assert len(partitions) > 1
    assert {
        one.partition - DefaultPartitioner()(one.key, partitions, partitions) for one in arrived
    } == {0}
