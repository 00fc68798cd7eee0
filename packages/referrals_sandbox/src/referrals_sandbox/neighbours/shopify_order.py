"""An order as Shopify writes it, with the signals of a link that was shared; and its refund."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import attrs

_FIRST_ORDER = 7_000_000_000_000
_FIRST_CUSTOMER = 8_000_000_000_000
_FIRST_REFUND = 9_000_000_000_000
_NUMBERS = 1_000_000_000_000
_TOTAL, _CURRENCY = "67.10", "USD"


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
    order_id: int = attrs.field(factory=lambda: _FIRST_ORDER + secrets.randbelow(_NUMBERS))
    friend_id: int = attrs.field(factory=lambda: _FIRST_CUSTOMER + secrets.randbelow(_NUMBERS))

    def body(self) -> bytes:
        """Return the body of `orders/create`."""
        return json.dumps({**self._order(), **self._signals()}).encode()

    def refund(self, at: datetime) -> bytes:
        """Return the body of `refunds/create` by which all that was paid goes back."""
        number = _FIRST_REFUND + secrets.randbelow(_NUMBERS)
        body = {
            "id": number,
            "admin_graphql_api_id": f"gid://shopify/Refund/{number}",
            "order_id": self.order_id,
            "created_at": at.isoformat(timespec="seconds"),
            "processed_at": at.isoformat(timespec="seconds"),
            "note": None,
            "restock": True,
            "refund_line_items": [],
            "order_adjustments": [],
            "transactions": [
                {
                    "id": number + 1,
                    "order_id": self.order_id,
                    "kind": "refund",
                    "status": "success",
                    "gateway": "shopify_payments",
                    "amount": _TOTAL,
                    "currency": _CURRENCY,
                }
            ],
        }
        return json.dumps(body).encode()

    def _order(self) -> dict[str, Any]:
        placed_at = self.placed_at.isoformat(timespec="seconds")
        return {
            "id": self.order_id,
            "admin_graphql_api_id": f"gid://shopify/Order/{self.order_id}",
            "created_at": placed_at,
            "processed_at": placed_at,
            "updated_at": placed_at,
            "cancelled_at": None,
            "currency": _CURRENCY,
            "presentment_currency": _CURRENCY,
            "subtotal_price": "62.10",
            "total_discounts": "6.90",
            "total_tax": "0.00",
            "total_price": _TOTAL,
            "financial_status": "paid",
            "fulfillment_status": None,
            "source_name": "web",
            "test": False,
            "email": "friend@example.test",
            "phone": None,
            "customer": {"id": self.friend_id, "email": "friend@example.test"},
            "line_items": [{"title": "Serum", "quantity": 1, "price": "69.00", "sku": "S-1"}],
            "refunds": [],
        }

    def _signals(self) -> dict[str, Any]:
        discount = f"{self.prefix}-{self.code}"
        signals = {"ref": self.code, "share": self.referral_id, "channel": self.channel}
        redirect = quote("/?" + urlencode(signals), safe="")
        return {
            "note_attributes": [{"name": name, "value": text} for name, text in signals.items()],
            "discount_codes": [{"code": discount, "amount": "6.90", "type": "percentage"}],
            "landing_site": f"/discount/{discount}?redirect={redirect}",
            "landing_site_ref": None,
            "referring_site": None,
        }
