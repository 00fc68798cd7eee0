"""The redactions in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.redactions import Redactions
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from referrals_domain.model.identifiers import CustomerKey


@attrs.frozen
class InMemoryRedactions(Redactions):
    """The redactions in memory."""

    state: State

    async def since(self, tombstones: Collection[CustomerKey]) -> Mapping[CustomerKey, datetime]:
        """Return since when tombstones stand."""
        known = self.state.redactions
        return {one: known[one] for one in tombstones if one in known}

    async def add(self, tombstone: CustomerKey, *, at: datetime) -> None:
        """Remember a tombstone."""
        self.state.redactions.setdefault(tombstone, at)
