"""The broker that events go to."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from referrals_domain.ports.outbox import OutboxEntry


class EventPublisher(Protocol):
    """The broker that events go to."""

    @abstractmethod
    async def publish(self, entries: Sequence[OutboxEntry]) -> Collection[OutboxEntry]:
        """
        Send events, those of one referral in the order given; wait until each is decided.

        Returns:
            The entries that the broker has acknowledged.
        """
