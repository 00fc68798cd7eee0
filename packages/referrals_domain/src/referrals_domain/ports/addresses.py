"""What the rules ask about the addresses that orders came from."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple, Protocol

from referrals_domain.model.identifiers import AddressDigest, CustomerId, OrderKey

if TYPE_CHECKING:
    from collections.abc import Collection

    from referrals_domain.model.link import ReferralLink
    from referrals_domain.model.order import OrderFacts


class AddressUse(NamedTuple):
    """
    That a friend ordered from an address.

    Args:
        order: The order.
        advocate: Whose friend it was.
        friend: The friend.
        address: The address.
    """

    order: OrderKey
    advocate: CustomerId
    friend: CustomerId
    address: AddressDigest

    @classmethod
    def of(cls, facts: OrderFacts, link: ReferralLink) -> AddressUse | None:
        """Return the use that an order makes; None: its friend or its address is not known."""
        friend, address = facts.customer_id, facts.address
        if friend is None or address is None:
            return None
        return cls(OrderKey(link.merchant_id, facts.order_id), link.customer_id, friend, address)

    def is_shared_with(self, other: AddressUse) -> bool:
        """Tell whether another friend of the same advocate ordered from there too."""
        mine, theirs = [
            (use.order.merchant_id, use.advocate, use.address) for use in (self, other)
        ]
        return mine == theirs and self.order != other.order and self.friend != other.friend


class Addresses(Protocol):
    """The addresses of the orders that were decided, whatever came of them."""

    @abstractmethod
    async def shared(self, uses: Collection[AddressUse]) -> Collection[AddressUse]:
        """Return those whose address another friend of the same advocate ordered from too."""
