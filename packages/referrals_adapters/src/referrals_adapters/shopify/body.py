"""
The few fields of the bodies of orders and refunds that count, and their types.

What is not listed here is skipped unread: names, addresses, e-mail, telephone. Of the buyer's IP
address only a digest is kept; see `address`.
https://shopify.dev/docs/api/admin-rest/latest/resources/order
https://shopify.dev/docs/api/admin-rest/latest/resources/refund
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, TypeAlias

import msgspec

MOST_REFUNDS: Final = 1000
"""How many refunds a body may hold: facts keep them all."""

_NULL: Final = msgspec.Raw(b"null")
"""What is absent where only text counts, and where anything else must not keep an order out."""

Time: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
"""An RFC 3339 time; one without an offset is refused."""


class NoteAttribute(msgspec.Struct):
    """A cart attribute: merchants and their scripts put anything into it, so it stays unread."""

    name: str
    value: msgspec.Raw


class DiscountCode(msgspec.Struct):
    """A code that the buyer entered or a link applied."""

    code: str


class Customer(msgspec.Struct):
    """Who ordered."""

    id: int | str | None = None


class Transaction(msgspec.Struct):
    """A movement of money."""

    kind: str
    status: str
    amount: str
    currency: str


class Refund(msgspec.Struct):
    """A refund with its movements of money."""

    id: int | str
    transactions: list[Transaction] | None = None


class RefundBody(Refund, kw_only=True):
    """A refund as it comes alone, perhaps before its order."""

    order_id: int | str


class PresentedMoney(msgspec.Struct):
    """An amount in the currency that the buyer saw."""

    amount: str
    currency_code: str


class MoneyBag(msgspec.Struct):
    """An amount in two currencies, of which the shop's stands elsewhere already."""

    presentment_money: PresentedMoney | None = None


class OrderBody(msgspec.Struct):
    """An order as Shopify writes it; amounts are decimals in the shop's currency."""

    id: int | str
    created_at: Time
    currency: str
    total_price: str
    total_price_set: MoneyBag | None = None
    processed_at: Time | None = None
    updated_at: Time | None = None
    cancelled_at: Time | None = None
    financial_status: str | None = None
    test: bool | None = None
    browser_ip: msgspec.Raw = _NULL
    source_name: msgspec.Raw = _NULL
    customer: Customer | None = None
    refunds: Annotated[list[Refund], msgspec.Meta(max_length=MOST_REFUNDS)] | None = None
    order_status_url: str | None = None
    note_attributes: list[NoteAttribute] | None = None
    discount_codes: list[DiscountCode] | None = None
    landing_site: str | None = None
    landing_site_ref: str | None = None
    referring_site: str | None = None


_ORDER: Final = msgspec.json.Decoder(OrderBody)
_REFUND: Final = msgspec.json.Decoder(RefundBody)
_TEXT: Final = msgspec.json.Decoder(str)


def decode_order(body: bytes) -> OrderBody:
    """
    Decode an order; of a repeated key the last value counts.

    Raises:
        ValueError: Not JSON, not UTF-8 in a field that counts, or a field of another type.
        RecursionError: Nested too deeply.
    """
    return _ORDER.decode(body)


def decode_refund(body: bytes) -> RefundBody:
    """
    Decode a refund; of a repeated key the last value counts.

    Raises:
        ValueError: As for an order.
        RecursionError: As for an order.
    """
    return _REFUND.decode(body)


def text_of(value: msgspec.Raw) -> str:
    """Return an unread value if it is text, else no text."""
    try:
        return _TEXT.decode(value)
    except ValueError:
        return ""
