"""
A broker that these tests may take down.

It is one of their own, or the one that `KAFKA_BROKER` names if that is started again.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from referrals_adapters.kafka.producer import open_publisher
from referrals_adapters.kafka.settings import KafkaSettings
from referrals_adapters.kafka.topics import look_after_topics
from referrals_sandbox.servers import kafka, outside
from referrals_sandbox.servers.kept_kafka import KeptKafka
from referrals_sandbox.servers.supervisor import supervising

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from referrals_adapters.kafka.publisher import KafkaPublisher
    from referrals_sandbox.servers.kafka import Kafka


@pytest.fixture(scope="session")
def broker() -> Iterator[Kafka]:
    given = outside.kafka(os.environ)
    if isinstance(given, KeptKafka):
        yield given
        return
    with supervising() as supervisor:
        yield kafka.start(supervisor)


@pytest.fixture
def settings(broker: Kafka) -> KafkaSettings:
    return KafkaSettings(broker=broker.address)


@pytest.fixture
async def topic(settings: KafkaSettings) -> str:
    name = f"referral.{uuid4()}"
    await look_after_topics(settings, [name])
    return name


@pytest.fixture
async def publisher(settings: KafkaSettings) -> AsyncIterator[KafkaPublisher]:
    async with open_publisher(settings, stopped_within=timedelta(seconds=1)) as publisher:
        yield publisher
