"""What lies on a broker, read by nobody's group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer

from referrals_adapters.wire.events import Message
from tests.waiting import until

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord


async def records(kafka: str, topic: str) -> list[ConsumerRecord]:
    """Return every record that was acknowledged before the call."""
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=kafka, auto_offset_reset="earliest", fetch_max_wait_ms=50
    ) as consumer:

        async def is_assigned() -> bool:
            return bool(consumer.assignment())

        await until(is_assigned)  # the topic comes into being when first asked for
        ends = await consumer.end_offsets(consumer.assignment())
        found: list[ConsumerRecord] = []
        while [place for place, end in ends.items() if await consumer.position(place) < end]:
            for messages in (await consumer.getmany(timeout_ms=100)).values():
                found += messages
        return found


def of_record(record: ConsumerRecord) -> Message:
    """Return a record as a message."""
    return Message(
        topic=record.topic, key=record.key, headers=list(record.headers), value=record.value
    )
