"""Orders of 10 kB as Shopify posts them, signed, and cheap to make by thousands."""

from __future__ import annotations

import hmac
import json
import secrets
from base64 import b64encode
from datetime import UTC, datetime
from itertools import count, cycle
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import attrs

from referrals_domain.model.delivery import Topic
from referrals_sandbox.neighbours.shopify import Delivery
from referrals_sandbox.neighbours.shopify_order import PlacedOrder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_sandbox.composition.shops import Link

BODY: Final = 10_000  # bytes
_ITEM: Final = {
    "id": 15_518_907_892_012,
    "admin_graphql_api_id": "gid://shopify/LineItem/15518907892012",
    "product_id": 9_782_123_692_332,
    "variant_id": 50_398_373_085_484,
    "title": "Serum",
    "variant_title": "30 ml",
    "vendor": "Example",
    "sku": "S-1",
    "quantity": 1,
    "fulfillable_quantity": 1,
    "fulfillment_service": "manual",
    "fulfillment_status": None,
    "gift_card": False,
    "grams": 120,
    "name": "Serum - 30 ml",
    "price": "69.00",
    "price_set": {
        "shop_money": {"amount": "69.00", "currency_code": "USD"},
        "presentment_money": {"amount": "69.00", "currency_code": "USD"},
    },
    "product_exists": True,
    "properties": [{"name": "gift note", "value": "Enjoy it"}],
    "requires_shipping": True,
    "taxable": True,
    "total_discount": "0.00",
    "tax_lines": [],
    "discount_allocations": [{"amount": "6.90", "discount_application_index": 0}],
}
"""Invented values in the fields of a line item, of which large bodies mostly consist."""

_ORDER, _FRIEND = 7_777_777_777_777, 8_888_888_888_888  # what stands for them in a template
_FIRST_ORDER, _FIRST_FRIEND = 7_000_000_000_000, 8_000_000_000_000
_DIGITS: Final = 12  # of the numbers
_NUMBERS: Final = 10**_DIGITS


class Orders:
    """
    Orders of friends whom nobody knows, by all links in turn.

    Args:
        links: The links.
        secret: Signs them.
        signal: Whether they tell by which link they come; else only their shops are the links'.
    """

    def __init__(self, links: Sequence[Link], secret: str, *, signal: bool = True) -> None:
        self._templates = cycle([_Template.of(link, secret, signal=signal) for link in links])
        self._numbers = count(secrets.randbelow(_NUMBERS // 2))  # others begin elsewhere

    def next(self) -> bytes:
        """Return the request that brings the next, head and body."""
        return next(self._templates).request(next(self._numbers))


@attrs.frozen(kw_only=True)
class _Template:
    """
    What the requests that bring a link's orders have in common.

    Whatever differs stands at the end of the body: what is before it is read once for all of
    their signatures, which takes 7 us, and 1 us remains.

    Args:
        head: The head, with `%` in the places of the signature and of the numbers of its ids.
        beginning: The body, but for its end.
        end: Its end, with `_ORDER` and `_FRIEND` in the places of their ids.
        signing: What signs a body, and has read the beginning.
    """

    head: bytes
    beginning: bytes
    end: bytes
    signing: hmac.HMAC

    @classmethod
    def of(cls, link: Link, secret: str, *, signal: bool) -> _Template:
        """Make that of a link."""
        body = _order_of(link, signal=signal)
        split = body.index(b"%d" % _ORDER)
        beginning = body[:split]
        return cls(
            head=_head_of(link, body),
            beginning=beginning,
            end=body[split:],
            signing=hmac.new(secret.encode(), beginning, "sha256"),
        )

    def request(self, number: int) -> bytes:
        """Return the request that brings the order and the friend of a number."""
        end = self.end.replace(b"%d" % _ORDER, b"%d" % (_FIRST_ORDER + number))
        end = end.replace(b"%d" % _FRIEND, b"%d" % (_FIRST_FRIEND + number))
        signing = self.signing.copy()
        signing.update(end)
        head = self.head % (b64encode(signing.digest()), number, number)
        return b"".join((head, self.beginning, end))


def _order_of(link: Link, *, signal: bool) -> bytes:
    """Return the body of an order of 10 kB that was just placed, with its ids at its end."""
    placed = PlacedOrder(
        placed_at=datetime.now(UTC),
        attributes={"ref": link.code} if signal else {},
        discount=None,
        landing_site=f"/?ref={link.code}" if signal else "/",
        order_id=_ORDER,
        customer_id=_FRIEND,
    )
    order = json.loads(placed.body())
    ids = {name: order.pop(name) for name in ("id", "admin_graphql_api_id", "customer")}
    while len(body := json.dumps({**order, **ids}).encode()) < BODY:
        order["line_items"].append(_ITEM)
    return body


def _head_of(link: Link, body: bytes) -> bytes:
    id_ = f"{str(uuid4())[:-_DIGITS]}%0{_DIGITS}d"
    delivery = Delivery(
        topic=Topic.ORDERS_CREATE,
        shop_domain=link.shop_domain,
        body=body,
        secret="",  # the signature is each request's own
        id=id_,
        event_id=id_,
    )
    headers = {
        "Host": link.shop_domain,
        "Content-Length": str(len(body)),
        **delivery.headers(),
        "X-Shopify-Hmac-SHA256": "%s",
    }
    lines = [f"POST /{delivery.topic} HTTP/1.1", *(f"{one}: {headers[one]}" for one in headers)]
    return "\r\n".join([*lines, "", ""]).encode()
