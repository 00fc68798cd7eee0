"""
A role with a mistake: `python -m referrals_sandbox.chaos.planted FAULT`.

So that chaos can be seen to find it. It is the real role with its real adapters, but for one
mistake that somebody might make:

- `answers-first`: http answers 200, and commits afterwards;
- `tells-redis-once`: the worker invalidates after its commit, and keeps no list of what is stale;
- `gives-up-sends`: the relay waits a moment for Kafka, cancels, and counts on the producer;
- `merges-unlocked`: the worker merges facts into orders that it did not lock;
- `never-looks-back`: a sweep begins where the last one ended, as if no order could show up late.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
from dependency_injector.providers import Singleton

from referrals_adapters.flow.batcher import Batcher
from referrals_adapters.postgres.referred_orders import PostgresReferredOrders
from referrals_adapters.postgres.stale_statuses import PostgresStaleStatuses
from referrals_domain.errors import Unavailable
from referrals_domain.model.delivery import Receipt
from referrals_domain.ports.event_publisher import Decided, EventPublisher
from referrals_domain.use_cases import reconcile_shop
from referrals_domain.use_cases.accept_deliveries import AcceptDeliveries
from referrals_webhook.__main__ import main
from referrals_webhook.container.http import HttpContainer
from referrals_webhook.container.relay import RelayContainer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from referrals_domain.model.delivery import Delivery
    from referrals_domain.model.identifiers import OrderKey, ReferralKey
    from referrals_domain.model.order import ReferredOrder
    from referrals_domain.ports.outbox import OutboxEntry

_PATIENCE: Final = 0.05  # seconds
_LEISURE: Final = 0.3  # seconds


@attrs.define
class AnswersFirst:
    """Takes deliveries in after it has answered."""

    accept: AcceptDeliveries
    _tasks: set[asyncio.Task[None]] = attrs.field(factory=set, init=False)

    async def __call__(self, deliveries: Sequence[Delivery]) -> Sequence[Receipt]:
        """Answer."""
        task = asyncio.create_task(self._commit(deliveries))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return [Receipt.STORED] * len(deliveries)

    async def _commit(self, deliveries: Sequence[Delivery]) -> None:
        with suppress(Unavailable):
            await self.accept(deliveries)


@attrs.frozen
class GivesUpSends(EventPublisher):
    """Waits a moment for Kafka: the producer will go on by itself."""

    publisher: EventPublisher

    async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
        """Publish, and count as published whatever was begun."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self.publisher.publish(entries)
        except TimeoutError:
            return Decided(acknowledged=entries)


def answers_first() -> None:
    """Run an http role that answers before it commits."""
    late = Singleton(AnswersFirst, HttpContainer.accept_deliveries)
    HttpContainer.batcher.override(Singleton(Batcher, late, limit=200))
    main(["run", "--role", "http"])


def tells_redis_once() -> None:
    """Run a worker that keeps no list of stale statuses."""

    async def forget(_: PostgresStaleStatuses, __: Mapping[ReferralKey, int]) -> None:
        """Keep nothing."""

    setattr(PostgresStaleStatuses, "add", forget)  # noqa: B010 - mypy refuses the plain form
    main(["run", "--role", "worker"])


def gives_up_sends() -> None:
    """Run a relay that cancels sends."""
    RelayContainer.counted_publisher.override(Singleton(GivesUpSends, RelayContainer.publisher))
    main(["run", "--role", "relay"])


def merges_unlocked() -> None:
    """Run a worker that does not lock orders."""
    lock = PostgresReferredOrders.lock

    async def look(
        orders: PostgresReferredOrders, keys: Collection[OrderKey]
    ) -> Mapping[OrderKey, ReferredOrder]:
        known = await orders.get(keys)
        await asyncio.sleep(_LEISURE)  # whoever merges outside the lock takes their time
        missing = set(keys) - known.keys()
        return {**known, **(await lock(orders, missing) if missing else {})}

    setattr(PostgresReferredOrders, "lock", look)  # noqa: B010 - as above
    main(["run", "--role", "worker"])


def never_looks_back() -> None:
    """Run a reconcile role whose sweeps do not overlap."""
    setattr(reconcile_shop, "OVERLAP", timedelta())  # noqa: B010 - as above
    main(["run", "--role", "reconcile"])


_PLANTED: Final[Mapping[str, Callable[[], None]]] = {
    "answers-first": answers_first,
    "tells-redis-once": tells_redis_once,
    "gives-up-sends": gives_up_sends,
    "merges-unlocked": merges_unlocked,
    "never-looks-back": never_looks_back,
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("fault", choices=_PLANTED)
    _PLANTED[parser.parse_args().fault]()
