"""What was kept for long enough, in memory."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import attrs

from referrals_domain.model.delivery import Outcome
from referrals_domain.model.identifiers import OrderKey
from referrals_domain.model.referral import AT_REST
from referrals_domain.model.retention import TERMS, Kept
from referrals_domain.ports.retention import Retention
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import Referral


@attrs.frozen
class InMemoryRetention(Retention):
    """What was kept for long enough, in memory."""

    state: State

    async def forget(self, kept: Kept, limit: int, *, at: datetime) -> int:
        """Delete up to `limit` whose term is over."""
        rows, since = self._rows(kept)
        over = [key for key, began in since.items() if began + TERMS[kept] <= at]
        for key in sorted(over, key=lambda key: since[key])[:limit]:
            del rows[key]
        return len(over[:limit])

    async def forget_referrals(self, limit: int, *, at: datetime) -> Mapping[ReferralKey, int]:
        """Delete up to `limit` referrals with their orders and their history."""
        over = [one for one in self.state.referrals.values() if self._is_over(one, at)]
        gone = {one.key: one.version for one in over[:limit]}
        for key, last in gone.items():
            referral = self.state.referrals.pop(key)
            if referral.order_id:
                self.state.orders.pop(OrderKey(key.merchant_id, referral.order_id), None)
            for version in range(1, last + 1):
                self.state.history.pop((key, version), None)
        return gone

    def _rows(self, kept: Kept) -> tuple[dict[Any, Any], dict[Any, datetime]]:
        """Return what is kept, and of each that may go since when its term runs."""
        state = self.state
        match kept:
            case Kept.DELIVERIES:
                return state.deliveries, {
                    id_: one.accepted.received_at
                    for id_, one in state.deliveries.items()
                    if one.outcome not in {None, Outcome.HELD}
                }
            case Kept.QUARANTINE:
                return state.quarantine, {
                    digest: one.received_at for digest, one in state.quarantine.items()
                }
            case Kept.ORDERS:
                return state.orders, {
                    key: state.heard_of[key]
                    for key, one in state.orders.items()
                    if one.referral_id is None and not self._is_waited_for(key)
                }
            case Kept.REQUESTS:
                return state.requests, {key: one.created_at for key, one in state.requests.items()}
            case Kept.VISITS:
                return state.visits, {visit: _end(visit.day) for visit in state.visits}

    def _is_over(self, referral: Referral, at: datetime) -> bool:
        program = self.state.programs.get(referral.merchant_id)
        if referral.status not in AT_REST or program is None or program.retention is None:
            return False
        order = referral.order_id and OrderKey(referral.merchant_id, referral.order_id)
        return (
            referral.updated_at + program.retention <= at
            and referral.key not in self.state.stale_statuses
            and all(one.referral_id != referral.id for one in self.state.outbox.values())
            and not (order and self._is_waited_for(order))
        )

    def _is_waited_for(self, key: OrderKey) -> bool:
        return any(
            OrderKey(one.accepted.merchant_id, one.accepted.facts.order_id) == key
            for one in self.state.deliveries.values()
            if one.outcome in {None, Outcome.HELD}
        )


def _end(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)
