"""The webhook calls that wait for a worker."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from referrals_domain.model.delivery import AcceptedDelivery, ClaimedDelivery, Outcome
    from referrals_domain.model.identifiers import OrderKey
    from referrals_domain.model.order import OrderFacts


class Deliveries(Protocol):
    """The webhook calls that wait for a worker."""

    @abstractmethod
    async def add(self, deliveries: Sequence[AcceptedDelivery]) -> Sequence[bool]:
        """
        Store deliveries; answer for each, in order, whether it was new.

        The same facts of the same order of a merchant are stored once, however often they come,
        and within one call too.
        """

    @abstractmethod
    async def facts_of(
        self, keys: Collection[OrderKey]
    ) -> Mapping[OrderKey, Sequence[OrderFacts]]:
        """Return what the stored deliveries of these orders say; done ones are kept for a week."""

    @abstractmethod
    async def claim(
        self, limit: int, *, at: datetime, until: datetime
    ) -> Sequence[ClaimedDelivery]:
        """
        Lease up to `limit` deliveries that are due, oldest first; nobody else gets them.

        The merchants with deliveries due have equal shares of the limit, rounded down, but one
        delivery each at least; where they are more than `limit`, those go first whose oldest
        delivery is due longest. Within its share a merchant's oldest go first.
        """

    @abstractmethod
    async def finish(self, outcomes: Mapping[int, Outcome]) -> None:
        """Note what became of deliveries; they are never claimed again."""

    @abstractmethod
    async def defer(self, until: Mapping[int, datetime]) -> None:
        """End the leases of deliveries and let them wait."""
