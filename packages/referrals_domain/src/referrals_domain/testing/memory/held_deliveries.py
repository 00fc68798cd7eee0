"""The held deliveries in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.delivery import HeldDelivery, Outcome
from referrals_domain.ports.held_deliveries import HeldDeliveries
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime


@attrs.frozen
class InMemoryHeldDeliveries(HeldDeliveries):
    """The held deliveries in memory."""

    state: State

    async def all(self) -> Sequence[HeldDelivery]:
        """Return them, those that came first first."""
        held = [
            HeldDelivery(
                id=id_,
                merchant_id=one.accepted.merchant_id,
                order_id=one.accepted.facts.order_id,
                topic=one.accepted.topic,
                received_at=one.accepted.received_at,
                attempts=one.attempts,
            )
            for id_, one in self.state.deliveries.items()
            if one.outcome is Outcome.HELD
        ]
        return sorted(held, key=lambda one: (one.received_at, one.id))

    async def release(self, ids: Collection[int], *, due_at: datetime) -> Collection[int]:
        """Have those among them that are held wait for a worker."""
        held = {one.id for one in await self.all()}.intersection(ids)
        for id_ in held:
            stored = self.state.deliveries[id_]
            self.state.deliveries[id_] = attrs.evolve(stored, outcome=None, due_at=due_at)
        return held
