"""The connection to Kafka."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from referrals_adapters.kafka.batches import BATCH_SIZE
from referrals_adapters.kafka.publisher import KafkaPublisher
from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.kafka.settings import KafkaSettings

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
        max_batch_size=BATCH_SIZE,
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
