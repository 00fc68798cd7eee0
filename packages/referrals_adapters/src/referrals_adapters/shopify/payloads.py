"""The bodies that Shopify posts, as facts or as unreadable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

import attrs

from referrals_adapters.shopify.body import decode
from referrals_adapters.shopify.facts import facts_of
from referrals_domain.errors import ReferralsError
from referrals_domain.model.order import OrderFacts

if TYPE_CHECKING:
    from referrals_adapters.shopify.address import AddressKey

_HOST: Final = re.compile(
    r"https://([a-z0-9.-]{1,253})(?::[0-9]{1,5})?(?=[/?#]|\Z)", re.IGNORECASE | re.ASCII
)


class UnreadableOrder(ReferralsError):
    """
    A body that is not an order as Shopify writes it.

    Args:
        reason: What is wrong with it, without quoting it: it holds personal data.
    """

    code: ClassVar[str] = "unreadable_order"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@attrs.frozen(kw_only=True)
class ShopifyOrder:
    """
    What a body said.

    Args:
        facts: What it said of the order; nothing personal.
        named_host: The host of its `order_status_url` in lower case, if it has one: the shop.
    """

    facts: OrderFacts
    named_host: str | None

    @property
    def has_signal(self) -> bool:
        """Whether anything on the order may point to a referral."""
        return bool(self.facts.signals)


def read_order(body: bytes, *, addresses: AddressKey | None = None) -> ShopifyOrder:
    """
    Read the body of `orders/create`, however hostile, in time and memory linear in its length.

    Args:
        body: The body.
        addresses: The key of the shop's addresses; None: nobody asks where the order came from.

    Raises:
        UnreadableOrder: It is not an order.
    """
    try:
        order = decode(body)
        return ShopifyOrder(
            facts=facts_of(order, addresses), named_host=_host(order.order_status_url)
        )
    except RecursionError:
        reason = "nested too deeply"
    except UnicodeDecodeError:
        reason = "not UTF-8"
    except ValueError as error:
        reason = str(error)
    raise UnreadableOrder(reason)  # out here, because what was caught may hold the whole body


def _host(url: str | None) -> str | None:
    if not url:
        return None
    match = _HOST.match(url)
    if match is None:
        raise ValueError("order_status_url names no host")
    return match[1].lower()
