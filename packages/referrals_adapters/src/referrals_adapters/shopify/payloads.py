"""The bodies that Shopify posts, as facts or as unreadable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final, Protocol, TypeVar

import attrs

from referrals_adapters.shopify.body import decode_order, decode_refund
from referrals_adapters.shopify.facts import facts_of_order, facts_of_refund
from referrals_domain.errors import ReferralsError
from referrals_domain.model.delivery import Topic
from referrals_domain.model.order import OrderFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from referrals_adapters.shopify.address import AddressKey
    from referrals_adapters.shopify.body import OrderBody, RefundBody

T = TypeVar("T")
Read = TypeVar("Read")

_HOST: Final = re.compile(
    r"https://([a-z0-9.-]{1,253})(?::[0-9]{1,5})?(?=[/?#]|\Z)", re.IGNORECASE | re.ASCII
)


class UnreadableOrder(ReferralsError):
    """
    A body that is not an order, or what else its topic brings, as Shopify writes it.

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
    What a body said of an order.

    Args:
        facts: What it said; nothing personal.
        named_host: The host of its `order_status_url` in lower case, if it has one: the shop.
    """

    facts: OrderFacts
    named_host: str | None

    @property
    def counts(self) -> bool:
        """Whether it may point to a referral, or undo an order that another body points from."""
        return bool(self.facts.signals) or self.facts.undoes


class Reader(Protocol):
    """Reads the bodies of a topic."""

    def __call__(self, body: bytes, *, addresses: AddressKey | None = None) -> ShopifyOrder:
        """
        Read a body, however hostile, in time and memory linear in its length.

        Raises:
            UnreadableOrder: It is not what the topic brings.
        """


def read_order(body: bytes, *, addresses: AddressKey | None = None) -> ShopifyOrder:
    """
    Read the body of an order, whatever happened to it.

    All that it says counts, whichever topic it came by: topics are not signed.

    Args:
        body: The body.
        addresses: The key of the shop's addresses; None: nobody asks where the order came from.

    Raises:
        UnreadableOrder: It is not an order.
    """

    def order_of(order: OrderBody) -> ShopifyOrder:
        facts = facts_of_order(order, addresses)
        return ShopifyOrder(facts=facts, named_host=_host(order.order_status_url))

    return read_as(body, decode_order, order_of)


def read_refund(body: bytes, *, addresses: AddressKey | None = None) -> ShopifyOrder:  # noqa: ARG001 - as a reader is called
    """
    Read the body of a refund, which names its order, but neither a shop nor an address.

    Raises:
        UnreadableOrder: It is not a refund.
    """

    def refund_of(refund: RefundBody) -> ShopifyOrder:
        return ShopifyOrder(facts=facts_of_refund(refund), named_host=None)

    return read_as(body, decode_refund, refund_of)


def read_as(body: bytes, decode: Callable[[bytes], T], meaning: Callable[[T], Read]) -> Read:
    """
    Decode a body, and return what it means.

    Raises:
        UnreadableOrder: Either refused it.
    """
    try:
        return meaning(decode(body))
    except RecursionError:
        reason = "nested too deeply"
    except UnicodeDecodeError:
        reason = "not UTF-8"
    except ValueError as error:
        reason = str(error)
    raise UnreadableOrder(reason)  # out here, because what was caught may hold the whole body


READERS: Final[Mapping[Topic, Reader]] = {
    Topic.ORDERS_CREATE: read_order,
    Topic.ORDERS_PAID: read_order,
    Topic.ORDERS_CANCELLED: read_order,
    Topic.REFUNDS_CREATE: read_refund,
}
"""How the bodies of each topic are read."""


def _host(url: str | None) -> str | None:
    if not url:
        return None
    match = _HOST.match(url)
    if match is None:
        raise ValueError("order_status_url names no host")
    return match[1].lower()
