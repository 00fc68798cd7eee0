"""W: signed webhooks, each of an order of its own, on 64 connections."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from itertools import count, cycle
from typing import TYPE_CHECKING, Final

from referrals_domain.model.delivery import Topic
from referrals_sandbox.neighbours.poster import NoAnswer, Poster
from referrals_sandbox.neighbours.shopify import Delivery
from referrals_sandbox.neighbours.shopify_order import PlacedOrder
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from referrals_sandbox.bench.load import Ask
    from referrals_sandbox.composition.shops import Link

_CONNECTIONS: Final = 64
BODY: Final = 10_000  # bytes
_OK: Final = 200
_WITHIN: Final = 5.0  # seconds: so long Shopify waits
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
_NUMBERS: Final = 1_000_000_000_000


class Orders:
    """
    Orders of friends whom nobody knows, by all links in turn.

    Args:
        links: The links.
        secret: Signs them.
    """

    def __init__(self, links: Sequence[Link], secret: str) -> None:
        self._templates = cycle([(link, template(link)) for link in links])
        self._numbers = count(secrets.randbelow(_NUMBERS // 2))  # others begin elsewhere
        self._secret = secret

    def next(self) -> Delivery:
        """Return the next."""
        number = next(self._numbers)
        link, body = next(self._templates)
        return Delivery(
            topic=Topic.ORDERS_CREATE,
            shop_domain=link.shop_domain,
            body=body.replace(b"%d" % _ORDER, b"%d" % (_FIRST_ORDER + number)).replace(
                b"%d" % _FRIEND, b"%d" % (_FIRST_FRIEND + number)
            ),
            secret=self._secret,
        )


def template(link: Link) -> bytes:
    """Return the body of an order of 10 kB that was just placed."""
    order = PlacedOrder(
        placed_at=datetime.now(UTC),
        attributes={"ref": link.code},
        discount=None,
        landing_site=f"/?ref={link.code}",
        order_id=_ORDER,
        customer_id=_FRIEND,
    )
    written = json.loads(order.body())
    while len(body := json.dumps(written).encode()) < BODY:
        written["line_items"].append(_ITEM)
    return body


def askers(poster: Poster, next_order: Callable[[], Delivery]) -> Sequence[Ask]:
    """Return who posts orders; no answer but 200 is right."""

    async def ask() -> None:
        order = next_order()
        try:
            answer = await poster.post(f"/{order.topic}", order.body, order.headers())
        except NoAnswer as error:
            raise SandboxError(f"{poster.address} did not answer a webhook") from error
        if answer.status != _OK:
            raise SandboxError(f"a webhook was answered {answer}")

    return [ask] * _CONNECTIONS


def poster_to(address: str) -> Poster:
    """Return what posts to one address."""
    return Poster(address=address, within=_WITHIN)
