"""A store in memory that fails where it is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.model.identifiers import OrderId
from referrals_domain.testing.memory.orders import InMemoryReferredOrders
from referrals_domain.testing.memory.store import InMemoryStore, InMemoryTransaction

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from referrals_domain.model.identifiers import OrderKey
    from referrals_domain.model.order import ReferredOrder

POISON: Final = OrderId("666")
"""The order that the faults are about."""


@attrs.define(kw_only=True)
class Faults:
    """
    What goes wrong; None: nothing.

    Args:
        reading: Raised when the poison order is read.
        saving: Raised when the poison order is saved.
        committed: Raised after orders were committed: their writer never hears of it.
    """

    reading: Exception | None = None
    saving: Exception | None = None
    committed: Exception | None = None


@attrs.frozen
class FaultyOrders(InMemoryReferredOrders):
    """Orders among which one is poison."""

    faults: Faults

    async def get(self, keys: Collection[OrderKey]) -> Mapping[OrderKey, ReferredOrder]:
        """Read the orders, or fail."""
        _raise(self.faults.reading, keys)
        return await super().get(keys)

    async def save(self, orders: Collection[ReferredOrder], *, at: datetime) -> None:
        """Save the orders, or fail."""
        _raise(self.faults.saving, [order.key for order in orders])
        await super().save(orders, at=at)


class FaultyTransaction(InMemoryTransaction):
    """A transaction that fails where it is told to."""

    def __init__(self, store: InMemoryStore, faults: Faults) -> None:
        super().__init__(store)
        self._faults = faults

    @property
    def orders(self) -> FaultyOrders:
        """The orders."""
        return FaultyOrders(self._state, self._faults)

    async def commit(self) -> None:
        """Commit, and perhaps keep silent about it."""
        await super().commit()
        if self._faults.committed and self._state.orders:
            raise self._faults.committed


class FaultyStore(InMemoryStore):
    """A store that fails where it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.faults = Faults()

    def begin(self) -> FaultyTransaction:
        """Return a transaction to enter."""
        return FaultyTransaction(self, self.faults)


def _raise(error: Exception | None, keys: Collection[OrderKey]) -> None:
    if error and any(key.order_id == POISON for key in keys):
        raise error
