"""A decoded body as facts of the domain."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Final

from referrals_adapters.shopify.body import text_of
from referrals_adapters.shopify.signals import signals_of
from referrals_domain.model.identifiers import CustomerId, OrderId, RefundId
from referrals_domain.model.money import Money
from referrals_domain.model.order import Buyer, OrderFacts, OrderSnapshot, Refund

if TYPE_CHECKING:
    from datetime import datetime

    from referrals_adapters.shopify import body
    from referrals_adapters.shopify.address import AddressKey
    from referrals_domain.model.identifiers import AddressDigest

_BY_STAFF: Final = frozenset({"shopify_draft_order", "pos"})
_PAID: Final = frozenset({"paid", "partially_refunded", "refunded"})
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,19}")
_YEARS: Final = range(1970, 2200)


def facts_of(order: body.OrderBody, addresses: AddressKey | None = None) -> OrderFacts:
    """
    Return the facts of an order.

    Args:
        order: The decoded body.
        addresses: The key of the shop's addresses; None: nobody asks where the order came from.

    Raises:
        ValueError: A value is none of its kind; the text does not quote it.
    """
    created_at = _utc(order.created_at)
    processed_at = _utc(order.processed_at) if order.processed_at else created_at
    updated_at = _utc(order.updated_at) if order.updated_at else created_at
    return OrderFacts(
        order_id=OrderId(_number(order.id)),
        snapshot=OrderSnapshot(
            updated_at=updated_at,
            total=Money.parse(order.total_price, order.currency),
            address=_address(order, addresses) if addresses else None,
        ),
        buyer=_buyer(order.customer, updated_at),
        signals=signals_of(order),
        test=bool(order.test),
        placed_at=min(created_at, processed_at),  # Core may count from either
        paid_at=updated_at if order.financial_status in _PAID else None,
        cancelled_at=_utc(order.cancelled_at) if order.cancelled_at else None,
        refunds=[_refund(refund, order.currency) for refund in order.refunds or ()],
    )


def _address(order: body.OrderBody, addresses: AddressKey) -> AddressDigest | None:
    """Return where the buyer was; the address of an order that staff typed in is the staff's."""
    if text_of(order.source_name) in _BY_STAFF:
        return None
    return addresses.digest(text_of(order.browser_ip))


def _buyer(customer: body.Customer | None, updated_at: datetime) -> Buyer | None:
    if customer is None or customer.id is None:
        return None
    return Buyer(updated_at=updated_at, customer_id=CustomerId(_number(customer.id)))


def _refund(refund: body.Refund, currency: str) -> Refund:
    """Sum what went back in the shop's currency; other currencies cannot be added to it."""
    minor = sum(
        Money.parse(move.amount, currency).minor
        for move in refund.transactions or ()
        if (move.kind, move.status, move.currency) == ("refund", "success", currency)
    )
    return Refund(RefundId(_number(refund.id)), Money(minor, currency))


def _number(value: int | str) -> str:
    """Write one of Shopify's numbers in its only decimal form; they exceed 2^53."""
    text = str(value)
    if not _NUMBER.fullmatch(text):
        raise ValueError("an id is a whole number of up to 20 digits")
    return text


def _utc(time: datetime) -> datetime:
    """Convert to UTC; near the ends of the calendar this and later sums would overflow."""
    if time.year not in _YEARS:
        raise ValueError(f"a time lies outside {_YEARS[0]} to {_YEARS[-1]}")
    return time.astimezone(UTC)
