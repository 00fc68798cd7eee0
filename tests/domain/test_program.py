"""A program's settings keep within their bounds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from referrals_domain.model.identifiers import ShopDomain
from referrals_domain.testing import builders

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
BOUNDS = {
    "storefront_url": "an https URL without user, query and fragment",
    "code_prefix": "up to 16 of A-Z and 0-9",
    "window": "up to 366 days",
    "hold": "up to 366 days",
    "minimum_order": "not negative",
    "refund_percent": "1 to 100",
    "velocity_cap": "not negative",
    "retention": "60 to 3660 days",
}
"""What a merchant is told of each setting."""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window", INSTANT),
        ("window", 366 * DAY),
        ("hold", timedelta(0)),
        ("hold", 366 * DAY),
        ("minimum_order", 0),
        ("minimum_order", 2**63 - 1),
        ("refund_percent", 1),
        ("refund_percent", 100),
        ("velocity_cap", 0),
        ("velocity_cap", 2**31 - 1),
        ("code_prefix", ""),
        ("code_prefix", "A1B2C3D4E5F6G7H8"),
        ("retention", None),
        ("retention", 60 * DAY),
        ("retention", 3660 * DAY),
        ("storefront_url", "https://acme.example"),
        ("storefront_url", "https://shop.acme.example/de/"),
        ("storefront_url", "https://ACME.example"),
    ],
)
def test_a_setting_on_its_bound_is_accepted(name: str, value: Any) -> None:
    assert getattr(builders.program(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("window", timedelta(0)),
        ("window", -INSTANT),
        ("window", 366 * DAY + INSTANT),
        ("hold", -INSTANT),
        ("hold", 366 * DAY + INSTANT),
        ("minimum_order", -1),
        ("minimum_order", 2**63),
        ("refund_percent", 0),
        ("refund_percent", 101),
        ("velocity_cap", -1),
        ("velocity_cap", 2**31),
        ("retention", timedelta(0)),
        ("retention", 60 * DAY - INSTANT),
        ("retention", 3660 * DAY + INSTANT),
        ("code_prefix", "A1B2C3D4E5F6G7H8I"),
        ("code_prefix", "friend"),
        ("code_prefix", "FRIEND-"),
        ("code_prefix", "FRIEND\n"),
        ("code_prefix", "\u0424"),
        ("storefront_url", ""),
        ("storefront_url", "acme.example"),
        ("storefront_url", "http://acme.example"),
        ("storefront_url", "javascript://acme.example"),
        ("storefront_url", "https://"),
        ("storefront_url", "https:///path"),
        ("storefront_url", "https://[acme"),
        ("storefront_url", "https://acme.example?ref=1"),
        ("storefront_url", "https://acme.example#top"),
        ("storefront_url", "https://user@acme.example"),
        ("storefront_url", "https://user:secret@acme.example"),
        ("storefront_url", "https://:secret@acme.example"),
        ("storefront_url", "https://@acme.example"),
        ("storefront_url", "https://acme_example"),
        ("storefront_url", "https://\u0430cme.example"),
        ("storefront_url", " https://acme.example"),
        ("storefront_url", "https://acme.example/\r\nSet-Cookie: a=b"),
        ("storefront_url", "https://acme.exa\nmple"),
        ("storefront_url", "https://acme.example/\x00"),
        ("storefront_url", "https://acme.example/a b"),
        ("storefront_url", "https://acme.example/" + "a" * 10_000),
    ],
)
def test_a_setting_beyond_its_bound_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name} is {BOUNDS[name]}$"):
        builders.program(**{name: value})


def test_an_order_may_name_the_shop_or_the_storefront_as_its_host() -> None:
    program = builders.program(
        shop_domain=ShopDomain("acme.myshopify.com"), storefront_url="https://Shop.Acme.example/de"
    )
    assert program.hosts == {"acme.myshopify.com", "shop.acme.example"}
