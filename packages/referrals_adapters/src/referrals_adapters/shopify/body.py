"""
The few fields of an order's body that count, and their types.

What is not listed here is skipped unread: names, addresses, e-mail, telephone. Of the buyer's IP
address only a digest is kept; see `address`.
https://shopify.dev/docs/api/admin-rest/latest/resources/order
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


class OrderBody(msgspec.Struct):
    """An order as Shopify writes it; amounts are decimals in the shop's currency."""

    id: int | str
    created_at: Time
    currency: str
    total_price: str
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


_DECODER: Final = msgspec.json.Decoder(OrderBody)
_TEXT: Final = msgspec.json.Decoder(str)


def decode(body: bytes) -> OrderBody:
    """
    Decode a body; of a repeated key the last value counts.

    Raises:
        ValueError: Not JSON, not UTF-8 in a field that counts, or a field of another type.
        RecursionError: Nested too deeply.
    """
    return _DECODER.decode(body)


def text_of(value: msgspec.Raw) -> str:
    """Return an unread value if it is text, else no text."""
    try:
        return _TEXT.decode(value)
    except ValueError:
        return ""
