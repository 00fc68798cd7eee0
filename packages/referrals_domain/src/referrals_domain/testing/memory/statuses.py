"""How referrals stand, by what is stored in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.statuses import Statuses
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import StatusView


@attrs.define
class InMemoryStatuses(Statuses):
    """
    How referrals stand, by what is stored in memory.

    Args:
        begin: Begins a transaction on the store.
        primary_is_away: Whether a replica answers, one that does not lag.
    """

    begin: Callable[[], Transaction]
    primary_is_away: bool = False

    async def read(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, StatusView | None]:
        """Return how each stands."""
        async with self.begin() as tx:
            stored = await tx.referrals.get(keys)
        if self.primary_is_away:
            return {key: attrs.evolve(one.view, stale=True) for key, one in stored.items()}
        return {key: stored[key].view if key in stored else None for key in keys}
