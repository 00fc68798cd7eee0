"""How the relay role is put together."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

from dependency_injector.providers import Dependency, Singleton

from referrals_adapters.kafka.producer import open_publisher
from referrals_adapters.kafka.publisher import KafkaPublisher
from referrals_adapters.kafka.topics import look_after_topics
from referrals_adapters.postgres.leadership import FROZEN_AFTER, PostgresLeadership
from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.postgres.settings import PostgresSettings
from referrals_adapters.telemetry.counted import CountedPublisher
from referrals_domain.model.events import ReferralCompleted, ReferralReversed
from referrals_domain.use_cases.publish_events import PublishEvents
from referrals_webhook.container.database import DatabaseContainer
from referrals_webhook.relay import Relay
from referrals_webhook.stopping import DRAIN_WITHIN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.telemetry.metrics import Metrics
    from referrals_webhook.settings import RelaySettings

TOPICS: Final = (ReferralCompleted.type, ReferralReversed.type)
"""What the relay publishes to."""


class RelayContainer(DatabaseContainer):
    """The relay role."""

    publisher = Dependency(instance_of=KafkaPublisher)
    settings = Dependency(instance_of=PostgresSettings)

    counted_publisher = Singleton(CountedPublisher, publisher, DatabaseContainer.metrics)
    publish_events = Singleton(
        PublishEvents,
        begin=DatabaseContainer.begin.provider,
        publisher=counted_publisher,
        clock=DatabaseContainer.clock,
    )
    relay = Singleton(
        Relay,
        leadership=Singleton(PostgresLeadership, settings, "relay"),
        publish=publish_events,
        drain_within=DRAIN_WITHIN,
    )


@asynccontextmanager
async def running_relay(
    settings: RelaySettings, metrics: Metrics
) -> AsyncIterator[RelayContainer]:
    """
    Open what the relay role needs, and close it at the end of the block.

    Raises:
        Unavailable: Kafka is away.
    """
    async with AsyncExitStack() as stack:
        opened = stack.enter_async_context
        container = RelayContainer(
            metrics=metrics,
            pool=await opened(
                open_pool(
                    settings.database,
                    application="referrals-webhook-relay",
                    idle_within=FROZEN_AFTER,
                )
            ),
            publisher=await opened(open_publisher(settings.kafka)),
            settings=settings.database,
        )
        await look_after_topics(settings.kafka, TOPICS)
        yield container
