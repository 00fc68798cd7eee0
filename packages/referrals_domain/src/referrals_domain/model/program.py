"""A merchant's settings."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import attrs

from referrals_domain.model.identifiers import MerchantId, ShopDomain
from referrals_domain.model.retention import LONGEST, SHORTEST

if TYPE_CHECKING:
    from referrals_domain.model.code import ReferralCode

_PREFIX: Final = re.compile(r"([A-Z0-9]{1,16})?", re.ASCII)
_STOREFRONT: Final = re.compile(  # RFC 3986, a path without "@"
    r"https://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[A-Za-z0-9._~!$&'()*+,;=:%/-]{0,2000})?",
    re.ASCII,
)
_LONGEST: Final = timedelta(days=366)


class CompleteOn(StrEnum):
    """The fact that completes a referral whose rules pass."""

    ORDER_CREATED = "order_created"
    ORDER_PAID = "order_paid"


@attrs.frozen(kw_only=True)
class ReferralProgram:
    """
    One merchant's program.

    Args:
        merchant_id: The merchant.
        shop_domain: The shop that its orders come from; one program a shop.
        storefront_url: Where friends are sent: an https URL without query.
        code_prefix: What stands before codes for people, as in `FRIEND-7K2Q...`; may be empty.
        window: How long after a share an order counts; up to 366 days.
        complete_on: What completes a referral.
        hold: How long a qualified referral waits before it completes; up to 366 days.
        minimum_order: The least order total, in minor units of the shop's currency.
        refund_percent: The share of the total, 1 to 100, whose refund undoes the order.
        velocity_cap: How many referrals an advocate may complete a day (UTC); 0 is no cap.
        review: Whether a person decides about what is suspicious; else a rule may refuse it.
        new_friends_only: Whether friends must not have ordered before.
        discount_link: Whether links lead through the shop's discount URL.
        active: Whether orders are rewarded at all.
        retention: How long a referral that is at rest is kept after its last change, 60 to 3,660
            days; None keeps it for ever.
        version: 1 when first put, one more with each change.

    Raises:
        ValueError: A setting lies outside its bounds.
    """

    merchant_id: MerchantId
    shop_domain: ShopDomain
    storefront_url: str
    code_prefix: str = ""
    window: timedelta = timedelta(days=30)
    complete_on: CompleteOn = CompleteOn.ORDER_CREATED
    hold: timedelta = timedelta(0)
    minimum_order: int = 0
    refund_percent: int = 100
    velocity_cap: int = 0
    review: bool = False
    new_friends_only: bool = True
    discount_link: bool = False
    active: bool = True
    retention: timedelta | None = None
    version: int = 1

    def __attrs_post_init__(self) -> None:
        _require(
            _STOREFRONT.fullmatch(self.storefront_url),
            "storefront_url is an https URL without user, query and fragment",
        )
        _require(_PREFIX.fullmatch(self.code_prefix), "code_prefix is up to 16 of A-Z and 0-9")
        _require(timedelta(0) < self.window <= _LONGEST, "window is up to 366 days")
        _require(timedelta(0) <= self.hold <= _LONGEST, "hold is up to 366 days")
        _require(0 <= self.minimum_order < 1 << 63, "minimum_order is not negative")
        _require(1 <= self.refund_percent <= 100, "refund_percent is 1 to 100")  # noqa: PLR2004
        _require(0 <= self.velocity_cap < 1 << 31, "velocity_cap is not negative")
        _require(
            self.retention is None or SHORTEST <= self.retention <= LONGEST,
            "retention is 60 to 3660 days",
        )

    @property
    def hosts(self) -> frozenset[str]:
        """
        The host names that an order of this shop may name as its own.

        >>> from referrals_domain.testing import builders
        >>> sorted(builders.program(storefront_url="https://shop.acme.example/en").hosts)
        ['acme.myshopify.com', 'shop.acme.example']
        """
        return frozenset({str(self.shop_domain), urlsplit(self.storefront_url).hostname or ""})

    def displayed(self, code: ReferralCode) -> str:
        """
        Return a code as people should see it.

        >>> from referrals_domain.testing import builders
        >>> builders.program(code_prefix="FRIEND").displayed(builders.CODE)
        'FRIEND-0000004K7D'
        """
        return f"{self.code_prefix}-{code}" if self.code_prefix else code


def _require(holds: object, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
