"""
A role that dies at the worst moment: `python -m referrals_sandbox.chaos.failpoints POINT`.

It is the real role with its real adapters, but for one that kills the whole process, as `kill -9`
would, where the role has done one half of a thing and not the other:

- `http-before-answer`: deliveries are committed, and Shopify has no answer;
- `worker-before-invalidation`: an outcome is committed, and the cache has not heard of it;
- `relay-before-delete`: Kafka has acknowledged events, and they are still in the outbox.

`relay-in-a-hurry` dies by itself: it gives Kafka not two minutes to decide, but half a second.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NoReturn

import attrs
from dependency_injector.providers import Singleton

from referrals_adapters.flow.batcher import Batcher
from referrals_adapters.kafka.publisher import KafkaPublisher
from referrals_adapters.redis.status_cache import RedisStatusCache
from referrals_domain.ports.event_publisher import Decided, EventPublisher
from referrals_domain.use_cases.accept_deliveries import AcceptDeliveries
from referrals_webhook.__main__ import main
from referrals_webhook.container.http import HttpContainer
from referrals_webhook.container.relay import RelayContainer
from referrals_webhook.container.worker import WorkerContainer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from referrals_domain.model.delivery import Delivery, Receipt
    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.ports.outbox import OutboxEntry


@attrs.frozen
class DiesBeforeAnswer:
    """Takes deliveries in, and kills its process once they are committed."""

    accept: AcceptDeliveries

    async def __call__(self, deliveries: Sequence[Delivery]) -> Sequence[Receipt]:
        """Commit, and die."""
        await self.accept(deliveries)
        _die()


@attrs.frozen
class DiesBeforeInvalidation(RedisStatusCache):
    """A cache that kills its process when it is told to forget anything."""

    async def invalidate(self, versions: Mapping[ReferralKey, int]) -> bool:
        """Die, if there is anything to forget."""
        if versions:
            _die()
        return True


@attrs.frozen
class DiesBeforeDelete(EventPublisher):
    """A publisher that kills its process once something was acknowledged."""

    publisher: EventPublisher

    async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
        """Publish, and die if anything came of it."""
        decided = await self.publisher.publish(entries)
        if decided.acknowledged:
            _die()
        return decided


@attrs.frozen
class InAHurry(EventPublisher):
    """A publisher that soon counts as lost."""

    publisher: KafkaPublisher

    async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
        """Publish, with little patience."""
        self.publisher.decided_within = timedelta(seconds=0.5)
        return await self.publisher.publish(entries)


def http_before_answer() -> None:
    """Run an http role that dies once it has committed deliveries."""
    dying = Singleton(DiesBeforeAnswer, HttpContainer.accept_deliveries)
    HttpContainer.batcher.override(Singleton(Batcher, dying, limit=1))
    main(["run", "--role", "http"])


def worker_before_invalidation() -> None:
    """Run a worker that dies once it has committed an outcome."""
    WorkerContainer.cache.override(Singleton(DiesBeforeInvalidation, redis=WorkerContainer.redis))
    main(["run", "--role", "worker"])


def relay_before_delete() -> None:
    """Run a relay that dies once Kafka has acknowledged events."""
    RelayContainer.counted_publisher.override(
        Singleton(DiesBeforeDelete, RelayContainer.publisher)
    )
    main(["run", "--role", "relay"])


def relay_in_a_hurry() -> None:
    """Run a relay that soon gives up on what Kafka does not decide."""
    RelayContainer.counted_publisher.override(Singleton(InAHurry, RelayContainer.publisher))
    main(["run", "--role", "relay"])


POINTS: Final[Mapping[str, Callable[[], None]]] = {
    "http-before-answer": http_before_answer,
    "worker-before-invalidation": worker_before_invalidation,
    "relay-before-delete": relay_before_delete,
    "relay-in-a-hurry": relay_in_a_hurry,
}


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    while True:  # the signal may be delivered to another thread first
        time.sleep(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("point", choices=POINTS)
    POINTS[parser.parse_args().point]()
