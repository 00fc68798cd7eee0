"""Orders as Shopify writes them, and their refunds."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import attrs

_FIRST_ORDER = 7_000_000_000_000
_FIRST_CUSTOMER = 8_000_000_000_000
_FIRST_REFUND = 9_000_000_000_000
_NUMBERS = 1_000_000_000_000
_TOTAL, _CURRENCY = "67.10", "USD"


def _new_order_id() -> int:
    return _FIRST_ORDER + secrets.randbelow(_NUMBERS)


def _new_customer_id() -> int:
    return _FIRST_CUSTOMER + secrets.randbelow(_NUMBERS)


class Price(NamedTuple):
    """An amount as Shopify writes it, and its currency."""

    amount: str
    currency: str

    def document(self) -> dict[str, str]:
        """Return it as a part of a body."""
        return {"amount": self.amount, "currency_code": self.currency}


@attrs.frozen(kw_only=True)
class PlacedOrder:
    """
    An order, and what the shop knew of where it came from.

    Args:
        placed_at: When it was placed.
        attributes: The attributes of the cart that it was.
        discount: The discount code, if one was applied.
        more_discounts: The codes that were applied beside it.
        landing_site: Path and query of the first page that the customer saw.
        landing_site_ref: What the shop read as `ref` there.
        order_id: The order; by default one that nobody else has.
        customer_id: The customer; by default one that nobody else has; None: it names none.
        is_paid: Whether it was paid.
        cancelled_at: When it was cancelled, if it was.
        updated_at: When any of it changed last; by default when it was placed.
        total: What it comes to, in the shop's currency.
        presented: The same as the buyer saw it, if that is another currency.
        source_name: What it came by: `web`, `pos`, `shopify_draft_order`...
        is_test: Whether the merchant placed it to try the shop out.
        browser_ip: The address that it was placed from, if the shop knows.
    """

    placed_at: datetime
    attributes: Mapping[str, str]
    discount: str | None
    more_discounts: Sequence[str] = ()
    landing_site: str | None
    landing_site_ref: str | None = None
    order_id: int = attrs.field(factory=_new_order_id)
    customer_id: int | None = attrs.field(factory=_new_customer_id)
    is_paid: bool = True
    cancelled_at: datetime | None = None
    updated_at: datetime | None = None
    total: str = _TOTAL
    presented: Price | None = None
    source_name: str = "web"
    is_test: bool = False
    browser_ip: str | None = None

    def body(self) -> bytes:
        """Return the body of `orders/create`."""
        return json.dumps({**self._order(), **self._origin()}).encode()

    def _order(self) -> dict[str, Any]:
        placed_at = _written(self.placed_at)
        total = Price(self.total, _CURRENCY)
        presented = self.presented or total
        return {
            "id": self.order_id,
            "admin_graphql_api_id": f"gid://shopify/Order/{self.order_id}",
            "created_at": placed_at,
            "processed_at": placed_at,
            "updated_at": _written(self.updated_at or self.placed_at),
            "cancelled_at": _written(self.cancelled_at) if self.cancelled_at else None,
            "currency": _CURRENCY,
            "presentment_currency": presented.currency,
            "subtotal_price": "62.10",
            "total_discounts": "6.90",
            "total_tax": "0.00",
            "total_price": self.total,
            "total_price_set": {
                "shop_money": total.document(),
                "presentment_money": presented.document(),
            },
            "financial_status": "paid" if self.is_paid else "pending",
            "fulfillment_status": None,
            "source_name": self.source_name,
            "test": self.is_test,
            "email": "friend@example.test",
            "phone": None,
            "browser_ip": self.browser_ip,
            "customer": self._customer(),
            "line_items": [{"title": "Serum", "quantity": 1, "price": "69.00", "sku": "S-1"}],
            "refunds": [],
        }

    def _customer(self) -> dict[str, Any] | None:
        if self.customer_id is None:
            return None
        return {"id": self.customer_id, "email": "friend@example.test"}

    def _origin(self) -> dict[str, Any]:
        codes = [*filter(None, [self.discount]), *self.more_discounts]
        notes = self.attributes.items()
        return {
            "note_attributes": [{"name": name, "value": text} for name, text in notes],
            "discount_codes": [
                {"code": code, "amount": "6.90", "type": "percentage"} for code in codes
            ],
            "landing_site": self.landing_site,
            "landing_site_ref": self.landing_site_ref,
            "referring_site": None,
        }


@attrs.frozen(kw_only=True)
class FriendsOrder:
    """
    The first order of a friend who came by a link.

    Args:
        code: The link's code.
        prefix: What stands before the code in the discount code.
        referral_id: The referral that the share opened.
        channel: How the link was shared.
        placed_at: When the order was placed.
        order_id: The order; by default one that nobody else has.
        friend_id: The friend; by default one that nobody else has.
    """

    code: str
    prefix: str
    referral_id: str
    channel: str
    placed_at: datetime
    order_id: int = attrs.field(factory=_new_order_id)
    friend_id: int = attrs.field(factory=_new_customer_id)

    def body(self) -> bytes:
        """Return the body of `orders/create`."""
        discount = f"{self.prefix}-{self.code}"
        signals = {"ref": self.code, "share": self.referral_id, "channel": self.channel}
        redirect = quote("/?" + urlencode(signals), safe="")
        return PlacedOrder(
            placed_at=self.placed_at,
            order_id=self.order_id,
            customer_id=self.friend_id,
            attributes=signals,
            discount=discount,
            landing_site=f"/discount/{discount}?redirect={redirect}",
        ).body()


def full_refund(order_id: int, at: datetime) -> bytes:
    """Return the body of `refunds/create` by which all that was paid for an order goes back."""
    return json.dumps(refund_of(order_id, at, Price(_TOTAL, _CURRENCY))).encode()


def refund_of(order_id: int, at: datetime, price: Price) -> dict[str, Any]:
    """Return a refund by which so much goes back to the buyer."""
    number = _FIRST_REFUND + secrets.randbelow(_NUMBERS)
    return {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/Refund/{number}",
        "order_id": order_id,
        "created_at": _written(at),
        "processed_at": _written(at),
        "note": None,
        "restock": True,
        "refund_line_items": [],
        "order_adjustments": [],
        "transactions": [
            {
                "id": number + 1,
                "order_id": order_id,
                "kind": "refund",
                "status": "success",
                "gateway": "shopify_payments",
                "amount": price.amount,
                "currency": price.currency,
            }
        ],
    }


def _written(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
