"""Shopify's sample order as it comes in: signed, with the signals of a share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from referrals_adapters.shopify.address import AddressKey
from referrals_adapters.shopify.payloads import ShopifyOrder, read_order
from referrals_adapters.shopify.signature import sign
from referrals_domain.testing.builders import CODE, REFERRAL, SHOP

SECRET: Final = "shpss_today"
PREVIOUS_SECRET: Final = "shpss_yesterday"
PATH: Final = "/orders/create"
WITHOUT_SIGNAL: Final[dict[str, Any]] = {
    "note_attributes": [],
    "discount_codes": [],
    "landing_site": None,
    "landing_site_ref": None,
    "referring_site": None,
}

_SAMPLE: Final = Path(__file__).parents[1] / "shopify" / "orders_create.json"


def order(**changes: Any) -> bytes:
    """Return the sample with a code that is one, the share of the builders, and changes."""
    fields = json.loads(_SAMPLE.read_text().replace("K7Q2", CODE))
    fields["note_attributes"].append({"name": "share", "value": REFERRAL})
    return json.dumps(fields | changes).encode()


def signed(body: bytes, *, secret: str = SECRET, shop: str | None = SHOP) -> dict[str, str]:
    """Return the headers that count, as Shopify sends them."""
    headers = {"X-Shopify-Hmac-SHA256": sign(body, secret).decode()}
    return headers if shop is None else {**headers, "X-Shopify-Shop-Domain": shop}


def as_read(body: bytes) -> ShopifyOrder:
    """
    Return what the http role reads in a body.

    Raises:
        UnreadableOrder: It is not an order.
    """
    return read_order(body, addresses=AddressKey(SECRET, SHOP))
