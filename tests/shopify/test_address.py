"""Where an order came from is a digest: of one shop's orders alone, and never the address."""

import hmac
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals_adapters.shopify.address import AddressKey
from referrals_adapters.shopify.payloads import read_order
from referrals_domain.model.identifiers import AddressDigest
from referrals_domain.testing.builders import CODE

BodyOf = Callable[..., bytes]

SECRET: Final = "shpss_1"
SHOP: Final = "acme.myshopify.com"
KEY: Final = AddressKey(SECRET, SHOP)
IP: Final = "203.0.113.24"
HOME: Final = KEY.digest(IP)
BACK: Final = {"kind": "refund", "status": "success", "amount": "1.00", "currency": "USD"}


def address_of(raw: bytes) -> AddressDigest | None:
    return read_order(raw, addresses=KEY).facts.address


def test_the_digest_is_a_keyed_one_of_half_the_length() -> None:
    key = hmac.digest(SECRET.encode(), b"referrals/order-address/1\0" + SHOP.encode(), "sha256")
    assert hmac.digest(key, bytes([203, 0, 113, 24]), "sha256").hex()[:32] == HOME


def test_an_order_has_the_digest_of_its_browsers_address(body: BodyOf) -> None:
    assert address_of(body()) == HOME


def test_nobody_who_has_no_key_learns_of_an_address(body: BodyOf) -> None:
    assert read_order(body()).facts.address is None


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"discount_codes": [{"code": CODE}]},
        {"cancelled_at": "2026-11-20T11:00:00-05:00"},
        {"refunds": [{"id": 1, "transactions": [BACK]}]},
        {"refunds": [{"id": 1, "transactions": []}]},
    ],
    ids=str,
)
def test_an_order_has_an_address_exactly_if_it_counts(
    bare: BodyOf, change: dict[str, Any]
) -> None:
    order = read_order(bare(**change), addresses=KEY)
    assert order.facts.address == (HOME if order.counts else None)


@pytest.mark.parametrize("source", ["shopify_draft_order", "pos"])
def test_an_order_that_staff_typed_in_has_no_address(body: BodyOf, source: str) -> None:
    assert address_of(body(source_name=source)) is None


@pytest.mark.parametrize("source", ["web", "iphone", "4711", "", None])
def test_any_other_order_has_one(body: BodyOf, source: str | None) -> None:
    assert address_of(body(source_name=source)) == HOME


@pytest.mark.parametrize(
    "ip",
    [
        *(None, "", " ", "localhost", "203.0.113", "203.0.113.256", "203.0.113.24/32", "0" * 46),
        *("203.0.113.024", "203.0.113.24 ", "::g", "\x00", "1" * 100_000),
        *(4711, 1.5, True, [], [IP], {}, {"ip": IP}),
    ],
    ids=lambda ip: repr(ip)[:20],
)
def test_what_is_no_address_is_none_and_keeps_no_order_out(body: BodyOf, ip: Any) -> None:
    assert address_of(body(browser_ip=ip)) is None


@pytest.mark.parametrize("source", [4711, ["pos"], {}], ids=repr)
def test_a_source_that_is_no_text_is_none(body: BodyOf, source: Any) -> None:
    assert address_of(body(source_name=source)) == HOME


@pytest.mark.parametrize(
    "changes",
    [{"secret": "shpss_2"}, {"shop": "other.myshopify.com"}],
    ids=str,
)
def test_digests_of_two_shops_or_secrets_cannot_be_compared(changes: dict[str, Any]) -> None:
    other = AddressKey(**{"secret": SECRET, "shop": SHOP, **changes})
    assert other.digest(IP) != HOME


def test_the_case_of_the_shop_does_not_matter() -> None:
    assert AddressKey(SECRET, "ACME.myshopify.com").digest(IP) == HOME


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:DB8:1:2::1", "2001:0db8:0001:0002:0000:0000:0000:0001", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.24", IP, True),
        ("203.0.113.24", "203.0.113.25", False),
        ("::", "0.0.0.0", False),  # noqa: S104 - an address like any other
    ],
)
def test_devices_of_one_household_have_one_address(one: str, other: str, *, same: bool) -> None:
    first, second = KEY.digest(one), KEY.digest(other)
    assert first
    assert second
    assert (first == second) is same


@given(ip=st.ip_addresses())
def test_no_digest_shows_the_address(ip: Any) -> None:
    digest = KEY.digest(str(ip))
    assert digest
    assert len(digest) == 32
    assert ip.packed.hex() not in digest


def test_a_key_is_never_shown() -> None:
    assert repr(KEY) == "AddressKey()"
