"""The addresses of orders in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.addresses import Addresses, AddressUse
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


@attrs.frozen
class InMemoryAddresses(Addresses):
    """The addresses of orders in memory."""

    state: State

    async def shared(self, uses: Collection[AddressUse]) -> Collection[AddressUse]:
        """Return those whose address another friend of the same advocate ordered from too."""
        known = list(self._known())
        return {use for use in uses if any(use.is_shared_with(other) for other in known)}

    def _known(self) -> Iterator[AddressUse]:
        for order in self.state.orders.values():
            referral = self.state.referrals.get(order.referral_key)
            address = order.facts.address
            if order.referral_id and referral and referral.friend and address:
                yield AddressUse(
                    order.key, referral.customer_id, referral.friend.customer_id, address
                )
