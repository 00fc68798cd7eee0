"""Shopify's sample, with a code that is one; and what must hold of any body."""

import json
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from referrals_adapters.shopify.address import AddressKey
from referrals_adapters.shopify.payloads import (
    Reader,
    ShopifyOrder,
    UnreadableOrder,
    read_order,
    read_refund,
)
from referrals_adapters.shopify.signals import MOST_SIGNALS
from referrals_adapters.wire.documents import from_document, to_document
from referrals_domain.model.order import OrderFacts
from referrals_domain.testing.builders import CODE

Order = dict[str, Any]

KEY = AddressKey("shpss_1", "acme.myshopify.com")


@pytest.fixture(scope="session")
def order() -> Callable[..., Order]:
    """Return the sample, changed: `order(test=True)`, `order(without=["customer"])`."""
    sample = Path(__file__).with_name("orders_create.json").read_text().replace("K7Q2", CODE)

    def changed(*, without: tuple[str, ...] = (), **changes: Any) -> Order:
        fields = json.loads(sample) | changes
        return {name: value for name, value in fields.items() if name not in without}

    return changed


@pytest.fixture(scope="session")
def body(order: Callable[..., Order]) -> Callable[..., bytes]:
    """Return the changed sample as it comes in."""
    return lambda **changes: json.dumps(order(**changes)).encode()


@pytest.fixture(scope="session")
def bare(body: Callable[..., bytes]) -> Callable[..., bytes]:
    """Return the changed sample, without any signal of its own."""
    silent: dict[str, Any] = {
        "note_attributes": [],
        "discount_codes": [],
        "landing_site": None,
        "landing_site_ref": None,
        "referring_site": None,
    }
    return lambda **changes: body(**(silent | changes))


@pytest.fixture(scope="session")
def spliced(body: Callable[..., bytes]) -> Callable[[str, bytes], bytes]:
    """Return the sample with raw bytes as one field's value, JSON or not."""

    def splice(field: str, raw: bytes) -> bytes:
        return body(**{field: "<here>"}).replace(b'"<here>"', raw)

    return splice


@pytest.fixture(scope="session")
def outcome() -> Callable[[bytes], str]:
    """Return what tells whether a body is readable, and checks what holds either way."""
    return _outcome


def _outcome(raw: bytes) -> str:
    """Tell whether a body is readable; anything but facts that hold or the one error fails."""
    _read(read_refund, raw)
    order = _read(read_order, raw)
    if order is None:
        return "unreadable"
    _check_order(order.facts)
    return "readable"


def _read(read: Reader, raw: bytes) -> ShopifyOrder | None:
    """Read a body; facts can be merged, stored and read back, and are bounded."""
    order = unreadable = None
    try:
        order = read(raw, addresses=KEY)
    except UnreadableOrder as error:
        unreadable = error
    if order is None:
        assert unreadable
        assert unreadable.reason
        assert unreadable.__context__ is None
        return None
    facts = order.facts
    assert facts.merge(facts) == facts
    assert from_document(OrderFacts, to_document(facts)) == facts
    to_document(facts).encode()
    assert len(facts.signals) <= MOST_SIGNALS
    return order


def _check_order(facts: OrderFacts) -> None:
    """An order has what a case needs, in UTC."""
    assert facts.snapshot is not None
    assert facts.placed_at is not None
    times = [facts.snapshot.updated_at, facts.placed_at, facts.paid_at, facts.cancelled_at]
    assert all(one.tzinfo is UTC for one in times if one)
