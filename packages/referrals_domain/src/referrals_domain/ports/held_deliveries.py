"""The webhook calls that wait for a person."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from referrals_domain.model.delivery import HeldDelivery


class HeldDeliveries(Protocol):
    """The webhook calls that wait for a person."""

    @abstractmethod
    async def all(self) -> Sequence[HeldDelivery]:
        """Return them, those that came first first."""

    @abstractmethod
    async def release(self, ids: Collection[int], *, due_at: datetime) -> Collection[int]:
        """Have those among them that are held wait for a worker; return which they are."""
