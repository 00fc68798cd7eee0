"""Decoded bodies as facts of the domain."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING, Final

from referrals_adapters.shopify.body import text_of
from referrals_adapters.shopify.signals import signals_of
from referrals_domain.model.identifiers import CustomerId, OrderId, RefundId
from referrals_domain.model.money import Money
from referrals_domain.model.order import Buyer, OrderFacts, OrderSnapshot, Refund

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from referrals_adapters.shopify import body
    from referrals_adapters.shopify.address import AddressKey
    from referrals_domain.model.identifiers import AddressDigest

_BY_STAFF: Final = frozenset({"shopify_draft_order", "pos"})
_PAID: Final = frozenset({"paid", "partially_refunded", "refunded"})
_GOES_BACK: Final = frozenset({"success", "pending"})  # no webhook tells when a bank is done
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,19}")
_YEARS: Final = range(1970, 2200)


def facts_of_order(order: body.OrderBody, addresses: AddressKey | None = None) -> OrderFacts:
    """
    Return the facts of an order.

    Args:
        order: The decoded body.
        addresses: The key of the shop's addresses; None: nobody asks where the order came from,
            as nobody does of one that points to no referral and undoes nothing.

    Raises:
        ValueError: A value is none of its kind; the text does not quote it.
    """
    signals, refunds = signals_of(order), _refunds(order.refunds or ())
    counts = signals or refunds or order.cancelled_at
    created_at = _utc(order.created_at)
    processed_at = _utc(order.processed_at) if order.processed_at else created_at
    updated_at = _utc(order.updated_at) if order.updated_at else created_at
    return OrderFacts(
        order_id=OrderId(number_of(order.id)),
        snapshot=OrderSnapshot(
            updated_at=updated_at,
            total=Money.parse(order.total_price, order.currency),
            presented=_presented(order),
            address=_address(order, addresses) if addresses and counts else None,
        ),
        buyer=_buyer(order.customer, updated_at),
        signals=signals,
        test=bool(order.test),
        placed_at=min(created_at, processed_at),  # Core may count from either
        paid_at=updated_at if order.financial_status in _PAID else None,
        cancelled_at=_utc(order.cancelled_at) if order.cancelled_at else None,
        refunds=refunds,
    )


def facts_of_refund(refund: body.RefundBody) -> OrderFacts:
    """
    Return what a refund tells of its order.

    Raises:
        ValueError: A value is none of its kind; the text does not quote it.
    """
    return OrderFacts(order_id=OrderId(number_of(refund.order_id)), refunds=_refunds([refund]))


def number_of(value: int | str) -> str:
    """
    Write one of Shopify's numbers in its only decimal form; they exceed 2^53.

    Raises:
        ValueError: It is none.
    """
    text = str(value)
    if not _NUMBER.fullmatch(text):
        raise ValueError("an id is a whole number of up to 20 digits")
    return text


def _presented(order: body.OrderBody) -> Money | None:
    """Return the total in the currency that the buyer saw, unless that is the shop's."""
    presented = order.total_price_set and order.total_price_set.presentment_money
    if not presented or presented.currency_code == order.currency:
        return None
    return Money.parse(presented.amount, presented.currency_code)


def _address(order: body.OrderBody, addresses: AddressKey) -> AddressDigest | None:
    """Return where the buyer was; the address of an order that staff typed in is the staff's."""
    if text_of(order.source_name) in _BY_STAFF:
        return None
    return addresses.digest(text_of(order.browser_ip))


def _buyer(customer: body.Customer | None, updated_at: datetime) -> Buyer | None:
    if customer is None or customer.id is None:
        return None
    return Buyer(updated_at=updated_at, customer_id=CustomerId(number_of(customer.id)))


def _refunds(refunds: Iterable[body.Refund]) -> tuple[Refund, ...]:
    """Return the refunds that gave money back: goods alone undo nothing."""
    amounts = ((RefundId(number_of(refund.id)), _given_back(refund)) for refund in refunds)
    return tuple(Refund(id_, amount) for id_, amount in amounts if amount)


def _given_back(refund: body.Refund) -> Money | None:
    """Sum what goes back; should it be in several currencies, the largest sum counts."""
    sums: Counter[str] = Counter()
    for move in refund.transactions or ():
        if move.kind == "refund" and move.status in _GOES_BACK:
            sums[move.currency] += Money.parse(move.amount, move.currency).minor
    currency, minor = max(sums.items(), key=lambda one: (one[1], one[0]), default=("", 0))
    return Money(minor, currency) if minor else None


def _utc(time: datetime) -> datetime:
    """Convert to UTC; near the ends of the calendar this and later sums would overflow."""
    if time.year not in _YEARS:
        raise ValueError(f"a time lies outside {_YEARS[0]} to {_YEARS[-1]}")
    return time.astimezone(UTC)
