"""Who was redacted."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from referrals_domain.model.identifiers import CustomerKey


class Redactions(Protocol):
    """The customers who were redacted, by their tombstones."""

    @abstractmethod
    async def since(self, tombstones: Collection[CustomerKey]) -> Mapping[CustomerKey, datetime]:
        """Return since when those among the tombstones stand that stand for somebody."""

    @abstractmethod
    async def add(self, tombstone: CustomerKey, *, at: datetime) -> None:
        """Remember a tombstone; of several times the first stays."""
