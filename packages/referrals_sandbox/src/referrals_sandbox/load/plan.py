"""What a run is to do: all that the process that drives it has to know."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs

from referrals_sandbox.load.scenario import draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_sandbox.load.scenario import Advocate

CODE_PREFIX: Final = "FRIEND"
MINIMUM: Final = 2000  # cents
WINDOW: Final = timedelta(days=30)

_FIRST_ADVOCATE: Final = 7_360_000_000_000
_FIRST_FRIEND: Final = 8_000_000_000_000


@attrs.frozen(kw_only=True)
class Plan:
    """
    What a run is to do.

    Args:
        seed: Decides what advocates and friends do.
        shares: How many shares there are by SMS.
        conversion: How probably an honest friend orders by one of them.
        seconds: How long it is to take.
        merchant_id: The merchant.
        shop_domain: Their shop.
        first_order: The order of the first share; the others follow.
        gateway: The gateway, as `host:port`.
        token: May act for the merchant.
        shopify: The URL of Shopify.
    """

    seed: int
    shares: int
    conversion: float
    seconds: float
    merchant_id: str
    shop_domain: str
    first_order: int
    gateway: str
    token: str = attrs.field(repr=False)
    shopify: str

    def advocates(self) -> Sequence[Advocate]:
        """Return the scenario: the same whenever it is asked for."""
        return draw(self.seed, self.shares, self.conversion)

    def order_id(self, number: int) -> int:
        """Return the order of a share."""
        return self.first_order + number


def advocate_id(number: int) -> int:
    """Return the customer that an advocate is."""
    return _FIRST_ADVOCATE + number


def friend_id(number: int) -> int:
    """Return the customer that a friend is."""
    return _FIRST_FRIEND + number
