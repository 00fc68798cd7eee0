"""A broker of its own for these tests, because some take it down."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from referrals_adapters.kafka.producer import open_publisher
from referrals_adapters.kafka.settings import KafkaSettings
from referrals_sandbox.servers import kafka
from referrals_sandbox.servers.supervisor import supervising

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from referrals_adapters.kafka.publisher import KafkaPublisher
    from referrals_sandbox.servers.kafka import Kafka


@pytest.fixture(scope="session")
def broker() -> Iterator[Kafka]:
    with supervising() as supervisor:
        yield kafka.start(supervisor)


@pytest.fixture
def settings(broker: Kafka) -> KafkaSettings:
    return KafkaSettings(broker=broker.address)


@pytest.fixture
def topic() -> str:
    return f"referral.{uuid4()}"


@pytest.fixture
async def publisher(settings: KafkaSettings) -> AsyncIterator[KafkaPublisher]:
    async with open_publisher(settings, stopped_within=timedelta(seconds=1)) as publisher:
        yield publisher
