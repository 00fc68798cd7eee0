"""Identifiers are checked once, when they come in; nothing hostile passes."""

from __future__ import annotations

from typing import Final, TypeAlias

import pytest

from referrals_domain.model.identifiers import (
    CustomerId,
    EventId,
    LinkId,
    MerchantId,
    OrderId,
    ReferralId,
    RefundId,
    ShopDomain,
)
from referrals_domain.testing import builders

Identifier: TypeAlias = (
    MerchantId | CustomerId | OrderId | RefundId | ShopDomain | LinkId | ReferralId | EventId
)

UUID: Final = "0b5e9c1e-7a52-4f0b-8a58-7a1f4b1f2e6d"
GOOD: Final[list[tuple[type[Identifier], str]]] = [
    (MerchantId, "acme_EU-1"),
    (CustomerId, "7002"),
    (OrderId, "6200407294252"),
    (RefundId, "929361465"),
    (ShopDomain, "acme-1.myshopify.com"),
    (LinkId, UUID),
    (ReferralId, UUID),
    (EventId, UUID),
]
HOSTILE: Final = [
    pytest.param(":", id="colon"),
    pytest.param("{}", id="braces"),
    pytest.param("*", id="star"),
    pytest.param("?", id="question-mark"),
    pytest.param("/", id="slash"),
    pytest.param("'", id="quote"),
    pytest.param("%", id="percent"),
    pytest.param(" ", id="space"),
    pytest.param("\r", id="CR"),
    pytest.param("\n", id="LF"),
    pytest.param("\t", id="tab"),
    pytest.param("\x00", id="NUL"),
    pytest.param("\x1b", id="escape"),
    pytest.param("\u202e", id="right-to-left"),
    pytest.param("\u0663", id="arabic-digit"),
    pytest.param("\uff17", id="fullwidth-digit"),
    pytest.param("\u00b2", id="superscript-digit"),
    pytest.param("\u0430", id="cyrillic-a"),
    pytest.param("\u212a", id="kelvin-that-lowers-to-k"),
    pytest.param("\ud800", id="lone-surrogate"),
    pytest.param("1" * 10_000, id="10-kB"),
]


@pytest.mark.parametrize(("kind", "text"), GOOD)
def test_a_good_text_is_kept_as_it_is(kind: type[Identifier], text: str) -> None:
    assert kind(text) == text


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize(("kind", "text"), GOOD)
def test_a_hostile_text_is_refused_before_after_and_alone(
    kind: type[Identifier], text: str, hostile: str
) -> None:
    for whole in (hostile, hostile + text, text + hostile, text[:2] + hostile + text[2:]):
        with pytest.raises(ValueError, match=f"not a {kind.__name__}$"):
            kind(whole)


@pytest.mark.parametrize(("kind", "text"), GOOD)
def test_nothing_is_no_identifier(kind: type[Identifier], text: str) -> None:
    assert text
    with pytest.raises(ValueError, match="not a"):
        kind("")


@pytest.mark.parametrize(
    ("kind", "longest"),
    [
        (MerchantId, "m" * 64),
        (CustomerId, "7" * 64),
        (OrderId, "9" * 20),
        (RefundId, "9" * 20),
    ],
)
def test_the_longest_text_passes_and_one_more_does_not(
    kind: type[Identifier], longest: str
) -> None:
    assert kind(longest) == longest
    with pytest.raises(ValueError, match="not a"):
        kind(longest + longest[0])


def test_the_longest_shop_name_passes_and_one_more_does_not() -> None:
    assert ShopDomain("a" * 63 + ".myshopify.com").startswith("aaa")
    with pytest.raises(ValueError, match="not a ShopDomain"):
        ShopDomain("a" * 64 + ".myshopify.com")


@pytest.mark.parametrize(
    "text",
    [
        "acme",
        "acme.example",
        ".myshopify.com",
        "-acme.myshopify.com",
        "acme.myshopify.com.evil.example",
        "evil.example/acme.myshopify.com",
        "acmeXmyshopify.com",
    ],
)
def test_a_shop_lives_right_under_shopifys_domain(text: str) -> None:
    with pytest.raises(ValueError, match="not a ShopDomain"):
        ShopDomain(text)


def test_a_shop_is_written_in_lower_case() -> None:
    assert ShopDomain("ACME.MyShopify.com") == "acme.myshopify.com"


def test_a_merchant_keeps_its_case() -> None:
    assert MerchantId("Acme") != MerchantId("acme")


@pytest.mark.parametrize("kind", [LinkId, ReferralId, EventId])
def test_a_uuid_is_written_in_lower_case(kind: type[Identifier]) -> None:
    assert kind(UUID.upper()) == UUID


@pytest.mark.parametrize("text", [UUID.replace("-", ""), f"{{{UUID}}}", UUID[:-1], UUID + "0"])
def test_a_uuid_has_no_other_form(text: str) -> None:
    with pytest.raises(ValueError, match="not a ReferralId"):
        ReferralId(text)


def test_an_order_always_opens_the_same_referral() -> None:
    # Written down: another id would open, and reward, every order a second time.
    expected = "a6077ddb-0b32-5fea-b472-2054dac1969e"
    assert ReferralId.of_order(builders.MERCHANT, builders.ORDER) == expected


def test_orders_and_merchants_open_referrals_of_their_own() -> None:
    opened = {
        ReferralId.of_order(MerchantId(merchant), OrderId(order))
        for merchant in ("a", "a1", "b")
        for order in ("1", "11", "2")
    }
    assert len(opened) == 9


def test_a_change_always_makes_the_same_event() -> None:
    # Written down: consumers deduplicate by it.
    expected = "3c654c55-eb61-576e-ad54-7c2dbc576684"
    assert EventId.of_change(builders.REFERRAL, "referral.completed", 2) == expected


def test_types_versions_and_referrals_have_events_of_their_own() -> None:
    other = ReferralId(UUID)
    events = {
        EventId.of_change(referral, type_, version)
        for referral in (builders.REFERRAL, other)
        for type_ in ("referral.completed", "referral.reversed")
        for version in (2, 3)
    }
    assert len(events) == 8
