"""Pass on what happened."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from referrals_domain.ports.event_publisher import EventPublisher
from referrals_domain.ports.transaction import Transaction


@attrs.frozen(kw_only=True)
class PublishEvents:
    """Pass events from the outbox to the broker, at least once and in order."""

    begin: Callable[[], Transaction]
    publisher: EventPublisher

    async def __call__(self, limit: int) -> int:
        """
        Publish up to `limit` of the oldest events and forget those that were acknowledged.

        Returns:
            How many were acknowledged.
        """
        async with self.begin() as tx:
            entries = await tx.outbox.first(limit)
        if not entries:
            return 0
        acknowledged = await self.publisher.publish(entries)
        async with self.begin() as tx:
            await tx.outbox.delete(acknowledged)
            await tx.commit()
        return len(acknowledged)
