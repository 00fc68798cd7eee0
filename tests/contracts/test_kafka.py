"""The publisher of Kafka keeps the laws of its port."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from referrals_adapters.kafka.producer import open_publisher
from referrals_adapters.kafka.settings import KafkaSettings
from referrals_adapters.kafka.topics import look_after_topics
from referrals_domain.model.identifiers import ReferralId
from referrals_domain.testing.contracts.event_publisher import (
    Arrivals,
    Arrived,
    EventPublisherContract,
)
from tests.broker import of_record, records

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from referrals_adapters.kafka.publisher import KafkaPublisher
    from referrals_sandbox.servers.running import Servers


class TestKafkaPublisher(EventPublisherContract):
    @pytest.fixture
    def settings(self, servers: Servers) -> KafkaSettings:
        return KafkaSettings(broker=servers.kafka.address)

    @pytest.fixture
    def topic(self) -> str:
        return f"referral.{uuid4()}"

    @pytest.fixture
    async def publisher(
        self, settings: KafkaSettings, topic: str
    ) -> AsyncIterator[KafkaPublisher]:
        await look_after_topics(settings, [topic])
        async with open_publisher(settings, stopped_within=timedelta(seconds=1)) as publisher:
            yield publisher

    @pytest.fixture
    def arrivals(self, settings: KafkaSettings, topic: str) -> Arrivals:
        async def arrived() -> Sequence[Arrived]:
            messages = map(of_record, await records(settings.broker, topic))
            return [Arrived(ReferralId(one.key.decode()), one.value) for one in messages]

        return arrived

    @pytest.fixture
    def impossible(self) -> bytes:
        return bytes(2_000_000)
