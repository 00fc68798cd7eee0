"""The deliveries in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.delivery import AcceptedDelivery, ClaimedDelivery, Outcome
from referrals_domain.model.identifiers import OrderKey
from referrals_domain.ports.deliveries import Deliveries
from referrals_domain.testing.memory.state import State, StoredDelivery

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from referrals_domain.model.identifiers import MerchantId
    from referrals_domain.model.order import OrderFacts


@attrs.frozen
class InMemoryDeliveries(Deliveries):
    """The deliveries in memory."""

    state: State

    async def add(self, deliveries: Sequence[AcceptedDelivery]) -> Sequence[bool]:
        """Store deliveries, each once."""
        return [self._add(delivery) for delivery in deliveries]

    async def facts_of(
        self, keys: Collection[OrderKey]
    ) -> Mapping[OrderKey, Sequence[OrderFacts]]:
        """Return what the stored deliveries of these orders say."""
        found: dict[OrderKey, list[OrderFacts]] = {}
        for accepted in (one.accepted for one in self.state.deliveries.values()):
            key = OrderKey(accepted.merchant_id, accepted.facts.order_id)
            if key in keys:
                found.setdefault(key, []).append(accepted.facts)
        return found

    async def claim(
        self, limit: int, *, at: datetime, until: datetime
    ) -> Sequence[ClaimedDelivery]:
        """Lease up to `limit` deliveries that are due, in fair shares."""
        stored = self.state.deliveries
        due = self._fair_shares(limit, at)
        for id_ in due:
            stored[id_] = attrs.evolve(
                stored[id_], due_at=until, attempts=stored[id_].attempts + 1
            )
        return [
            ClaimedDelivery(
                id=id_,
                merchant_id=stored[id_].accepted.merchant_id,
                facts=stored[id_].accepted.facts,
                received_at=stored[id_].accepted.received_at,
                attempts=stored[id_].attempts,
            )
            for id_ in due
        ]

    async def finish(self, outcomes: Mapping[int, Outcome]) -> None:
        """Note what became of deliveries."""
        for id_, outcome in outcomes.items():
            stored = self.state.deliveries[id_]
            self.state.deliveries[id_] = attrs.evolve(stored, outcome=outcome)

    async def defer(self, until: Mapping[int, datetime]) -> None:
        """End the leases of deliveries and let them wait."""
        for id_, due_at in until.items():
            stored = self.state.deliveries[id_]
            self.state.deliveries[id_] = attrs.evolve(stored, due_at=due_at)

    def _fair_shares(self, limit: int, at: datetime) -> list[int]:
        """Return what is due, oldest first, of each merchant as much as of any other."""
        stored = self.state.deliveries
        due = [id_ for id_, one in stored.items() if one.outcome is None and one.due_at <= at]
        due.sort(key=lambda id_: (stored[id_].due_at, id_))
        queues: dict[MerchantId, list[int]] = {}
        for id_ in due:
            queues.setdefault(stored[id_].accepted.merchant_id, []).append(id_)
        chosen = list(queues.values())[:limit]
        share = max(1, limit // max(1, len(chosen)))
        claimed = {id_ for queue in chosen for id_ in queue[:share]}
        return [id_ for id_ in due if id_ in claimed]

    def _add(self, delivery: AcceptedDelivery) -> bool:
        known = [
            attrs.evolve(one.accepted, received_at=delivery.received_at, source=delivery.source)
            for one in self.state.deliveries.values()
        ]
        if delivery in known:
            return False
        stored = StoredDelivery(accepted=delivery, due_at=delivery.received_at)
        self.state.deliveries[max(self.state.deliveries, default=0) + 1] = stored
        return True
