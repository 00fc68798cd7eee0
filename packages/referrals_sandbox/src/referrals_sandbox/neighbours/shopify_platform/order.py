"""An order that a shop has taken, and what becomes of it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias

import attrs

from referrals_sandbox.neighbours.shopify_order import Price, refund_of

Document: TypeAlias = dict[str, Any]

_TIMES: Final = ("created_at", "processed_at", "updated_at", "cancelled_at")
_PAID: Final = frozenset({"paid", "partially_refunded", "refunded"})
_WITH_CHECKOUT_ID: Final = ("2025-10", "2026-01")
"""https://shopify.dev/changelog/removed-checkout-id-from-checkouts-and-orders-webhooks"""


class Refusal(Exception):
    """The shop cannot do that to the order."""


class Refund(NamedTuple):
    """
    Money that went back.

    Args:
        document: The refund as webhooks show it, in the currency that the buyer paid in.
        price: How much that is in the shop's currency.
    """

    document: Document
    price: Price

    @property
    def presented(self) -> Price:
        """How much the buyer got."""
        (move,) = self.document["transactions"]
        return Price(move["amount"], move["currency"])


@attrs.define(kw_only=True)
class Order:
    """
    An order.

    Args:
        document: How webhooks show it, but for its refunds.
        checkout_id: What it was before it was an order.
        refunds: What went back.
    """

    document: Document
    checkout_id: int = attrs.field(factory=lambda: secrets.randbelow(10**12))
    refunds: list[Refund] = attrs.field(factory=list)

    @classmethod
    def placed(cls, document: Document, *, domain: str, skew: timedelta) -> Order:
        """
        Take an order.

        Args:
            document: As `shopify_order.PlacedOrder` writes it.
            domain: Whose shop takes it.
            skew: By how much the shop's clock is ahead.
        """
        token = secrets.token_hex(16)
        times = {
            name: written(datetime.fromisoformat(document[name]) + skew)
            for name in _TIMES
            if document.get(name)
        }
        own = {
            "checkout_token": secrets.token_hex(16),
            "token": token,
            "order_status_url": f"https://{domain}/orders/{token}/authenticate",
        }
        return cls(document={**document, **times, **own})

    @property
    def id(self) -> int:
        """Its number."""
        return int(self.document["id"])

    @property
    def updated_at(self) -> datetime:
        """When any of it changed last."""
        return datetime.fromisoformat(self.document["updated_at"])

    @property
    def is_paid(self) -> bool:
        """Whether the buyer has paid."""
        return self.document["financial_status"] in _PAID

    @property
    def total(self) -> Price:
        """What it comes to, in the shop's currency."""
        return _price(self.document, "shop_money")

    @property
    def presented(self) -> Price:
        """What it comes to, in the currency that the buyer pays in."""
        return _price(self.document, "presentment_money")

    def body(self, version: str) -> Document:
        """Return how a webhook of a version of the API shows it."""
        refunds = [refund.document for refund in self.refunds]
        checkout = {"checkout_id": self.checkout_id} if version in _WITH_CHECKOUT_ID else {}
        return {**self.document, **checkout, "refunds": refunds}

    def touch(self, at: datetime, **changes: Any) -> None:
        """Change it; without changes, something that webhooks do not show."""
        latest = max(self.updated_at, at)
        self.document |= {"updated_at": written(latest), **changes}

    def pay(self, at: datetime) -> None:
        """
        Have it paid.

        Raises:
            Refusal: It is paid already, or void.
        """
        if self.document["financial_status"] != "pending":
            raise Refusal("only what is pending can be paid")
        self.touch(at, financial_status="paid")

    def cancel(self, at: datetime) -> None:
        """
        Cancel it; what was paid goes back by refunds.

        Raises:
            Refusal: It is cancelled already.
        """
        if self.document["cancelled_at"]:
            raise Refusal("it is cancelled already")
        void = {} if self.is_paid else {"financial_status": "voided"}
        self.touch(at, cancelled_at=written(at), cancel_reason="customer", **void)

    def refund(self, at: datetime, amount: Decimal | None) -> Refund:
        """
        Pay back.

        Args:
            at: When.
            amount: How much, in the shop's currency; None: all that is left.

        Raises:
            Refusal: There is not so much to pay back.
        """
        total, presented = Decimal(self.total.amount), Decimal(self.presented.amount)
        before = sum(Decimal(refund.price.amount) for refund in self.refunds)
        given = total - before if amount is None else amount
        if not self.is_paid or not 0 < given <= total - before:
            raise Refusal(f"{given} of {total - before} cannot be paid back")
        to_buyer = ((before + given) * presented / total).quantize(presented)
        to_buyer -= sum(Decimal(refund.presented.amount) for refund in self.refunds)
        refund = Refund(
            document=refund_of(self.id, at, Price(f"{to_buyer}", self.presented.currency)),
            price=Price(f"{given}", self.total.currency),
        )
        self.refunds.append(refund)
        is_all = before + given == total
        self.touch(at, financial_status="refunded" if is_all else "partially_refunded")
        return refund


def written(at: datetime) -> str:
    """Write a time as Shopify does, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _price(document: Document, side: str) -> Price:
    money = document["total_price_set"][side]
    return Price(money["amount"], money["currency_code"])
