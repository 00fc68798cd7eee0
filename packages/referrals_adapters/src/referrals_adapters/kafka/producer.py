"""The connection to Kafka."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from referrals_adapters.kafka.publisher import KafkaPublisher
from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.kafka.settings import KafkaSettings

# Bytes. Events that find no room in the batch of their partition all wait for it together: 5,000
# events at once went at 1,200/s with aiokafka's 16 KiB, at 13,000/s with this (November 2026).
# It is less than topics take by default, 1 MiB: what is refused for its size is one large event,
# which has a batch of its own, and not its neighbours.
_BATCH_SIZE: Final = 256 * 1024
_STARTED_WITHIN: Final = timedelta(seconds=30)
_STOPPED_WITHIN: Final = timedelta(seconds=5)


@asynccontextmanager
async def open_publisher(
    settings: KafkaSettings, *, stopped_within: timedelta = _STOPPED_WITHIN
) -> AsyncIterator[KafkaPublisher]:
    """
    Start a producer, and stop it in the end: what is undecided then gets a little more time.

    A process opens one, once: events that were sent may still be on their way when it closes.

    Raises:
        Unavailable: Kafka is away.
    """
    producer = AIOKafkaProducer(
        **settings.connection,
        acks="all",
        enable_idempotence=True,
        max_batch_size=_BATCH_SIZE,
    )
    try:
        await _start(producer)
        yield KafkaPublisher(producer=producer)
    finally:
        await _stop(producer, within=stopped_within)


async def _start(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(_STARTED_WITHIN.total_seconds()):
            await producer.start()
    except (KafkaError, OSError, TimeoutError) as error:
        raise Unavailable("Kafka does not answer") from error


async def _stop(producer: AIOKafkaProducer, *, within: timedelta) -> None:
    """Stop a producer; without a limit it would wait for as long as a broker is away."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within.total_seconds()):
            await producer.stop()
    await producer.client.close()
