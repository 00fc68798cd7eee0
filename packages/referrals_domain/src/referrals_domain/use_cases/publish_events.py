"""Pass on what happened."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from referrals_domain.ports.clock import Clock
from referrals_domain.ports.event_publisher import EventPublisher
from referrals_domain.ports.transaction import Transaction


@attrs.frozen(kw_only=True)
class PublishEvents:
    """Pass events from the outbox to the broker, at least once and in order."""

    begin: Callable[[], Transaction]
    publisher: EventPublisher
    clock: Clock

    async def __call__(self, limit: int) -> int:
        """
        Publish up to `limit` of the oldest events.

        Those that were acknowledged are forgotten; those that were refused wait for a person,
        and so do the later ones of their referrals.

        Returns:
            How many were decided.
        """
        async with self.begin() as tx:
            entries = await tx.outbox.first(limit)
        if not entries:
            return 0
        decided = await self.publisher.publish(entries)
        async with self.begin() as tx:
            await tx.outbox.delete(decided.acknowledged)
            await tx.outbox.refuse(decided.refused, at=self.clock.now())
            await tx.commit()
        return len(decided.acknowledged) + len(decided.refused)
