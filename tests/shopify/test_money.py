"""Totals and refunds are exact, in the shop's currency."""

from collections.abc import Callable
from typing import Any

import pytest

from referrals_adapters.shopify.body import MOST_REFUNDS
from referrals_adapters.shopify.payloads import UnreadableOrder, read_order
from referrals_domain.model.identifiers import RefundId
from referrals_domain.model.money import Money
from referrals_domain.model.order import Refund

BodyOf = Callable[..., bytes]


@pytest.mark.parametrize(
    ("total", "currency", "minor"),
    [
        ("67.10", "USD", 6710),
        ("67.1", "USD", 6710),
        ("67", "USD", 6700),
        ("0.00", "USD", 0),
        ("1200", "JPY", 1200),
        ("1200.00", "JPY", 1200),
        ("1.234", "KWD", 1234),
        ("92233720368547.99", "USD", 9_223_372_036_854_799),
    ],
)
def test_the_total_is_exact(body: BodyOf, total: str, currency: str, minor: int) -> None:
    facts = read_order(body(total_price=total, currency=currency)).facts

    assert facts.snapshot is not None
    assert facts.snapshot.total == Money(minor, currency)


def test_the_total_is_in_the_currency_of_the_shop(body: BodyOf) -> None:
    both = {
        "shop_money": {"amount": "67.10", "currency_code": "USD"},
        "presentment_money": {"amount": "10000", "currency_code": "JPY"},
    }

    facts = read_order(body(presentment_currency="JPY", total_price_set=both)).facts

    assert facts.snapshot is not None
    assert facts.snapshot.total == Money(6710, "USD")


@pytest.mark.parametrize(
    ("total", "currency"),
    [
        ("-1.00", "USD"),
        ("1.005", "USD"),
        ("1.5", "JPY"),
        ("1,000.00", "USD"),
        ("1e3", "USD"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
        ("", "USD"),
        (" 1.00", "USD"),
        ("1.00\n", "USD"),
        ("\u0666\u0667.10", "USD"),
        ("9" * 5000, "USD"),
        (67.10, "USD"),
        (67, "USD"),
        ("67.10", "usd"),
        ("67.10", "US"),
        ("67.10", "USDT"),
        ("67.10", ""),
        ("67.10", "ÜSD"),
        ("67.10", "US\x00"),
        ("67.10", 840),
    ],
)
def test_what_is_not_an_amount_of_money_is_unreadable(
    body: BodyOf, total: Any, currency: Any
) -> None:
    with pytest.raises(UnreadableOrder):
        read_order(body(total_price=total, currency=currency))


def movement(**changes: Any) -> dict[str, Any]:
    good = {"kind": "refund", "status": "success", "amount": "10.00", "currency": "USD"}
    return good | changes


def test_a_refund_is_what_went_back(body: BodyOf) -> None:
    refunds = [
        {"id": 509562970, "transactions": [movement(amount="5.00")]},
        {"id": 509562969, "transactions": [movement(), movement(amount="2.50")]},
    ]

    assert read_order(body(refunds=refunds)).facts.refunds == (
        Refund(RefundId("509562969"), Money(1250, "USD")),
        Refund(RefundId("509562970"), Money(500, "USD")),
    )


@pytest.mark.parametrize(
    "other",
    [
        movement(kind="void"),
        movement(kind="sale"),
        movement(status="pending"),
        movement(status="failure"),
        movement(currency="EUR"),
        movement(currency="usd"),
        movement(kind="sale", amount="not an amount"),
    ],
)
def test_only_successful_refunds_in_the_currency_of_the_shop_are_summed(
    body: BodyOf, other: Any
) -> None:
    facts = read_order(body(refunds=[{"id": 1, "transactions": [other, movement()]}])).facts

    assert facts.refunds == (Refund(RefundId("1"), Money(1000, "USD")),)


@pytest.mark.parametrize("transactions", [{}, {"transactions": None}, {"transactions": []}])
def test_a_refund_without_money_is_known_with_nothing(body: BodyOf, transactions: Any) -> None:
    facts = read_order(body(refunds=[{"id": 1, **transactions}])).facts

    assert facts.refunds == (Refund(RefundId("1"), Money(0, "USD")),)


def test_of_a_repeated_refund_the_larger_counts_as_when_facts_are_merged(body: BodyOf) -> None:
    small, large = (
        {"id": 1, "transactions": [movement(amount=amount)]} for amount in ("1.00", "2.00")
    )
    one_by_one = [read_order(body(refunds=[refund])).facts for refund in (small, large)]

    for refunds in ([small, large], [large, small]):
        facts = read_order(body(refunds=refunds)).facts
        assert facts == one_by_one[0].merge(one_by_one[1])
        assert facts.merge(facts) == facts


def test_a_thousand_refunds_are_kept_and_more_are_unreadable(body: BodyOf) -> None:
    refunds = [{"id": number} for number in range(1, MOST_REFUNDS + 2)]

    assert len(read_order(body(refunds=refunds[:-1])).facts.refunds) == MOST_REFUNDS == 1000
    with pytest.raises(UnreadableOrder, match="refunds"):
        read_order(body(refunds=refunds))


@pytest.mark.parametrize(
    "refunds",
    [
        [{"id": 1, "transactions": [movement(amount="-1.00")]}],
        [{"id": 1, "transactions": [movement(amount="1.001")]}],
        [{"id": 1, "transactions": [movement(amount=None)]}],
        [{"id": 1, "transactions": [movement(amount="999999999999999")] * 100}],
        [{"id": 1, "transactions": [None]}],
        [{"id": 1, "transactions": {}}],
        [{"transactions": []}],
        [None],
        {"id": 1},
    ],
)
def test_what_is_not_a_refund_is_unreadable(body: BodyOf, refunds: Any) -> None:
    with pytest.raises(UnreadableOrder):
        read_order(body(refunds=refunds))
