"""Totals and refunds are exact, in the shop's currency."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from referrals_adapters.shopify.body import MOST_REFUNDS
from referrals_adapters.shopify.payloads import UnreadableOrder, read_order, read_refund
from referrals_domain.model.identifiers import RefundId
from referrals_domain.model.money import Money
from referrals_domain.model.order import OrderFacts, Refund

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
    assert facts.snapshot.totals == (Money(6710, "USD"), Money(10000, "JPY"))


def test_a_total_that_the_buyer_saw_in_the_currency_of_the_shop_stands_once(body: BodyOf) -> None:
    same = {"amount": "67.10", "currency_code": "USD"}

    facts = read_order(body(total_price_set={"shop_money": same, "presentment_money": same})).facts

    assert facts.snapshot is not None
    assert facts.snapshot.totals == (Money(6710, "USD"),)


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
        movement(status="failure"),
        movement(status="error"),
        movement(currency="EUR"),
        movement(kind="sale", amount="not an amount"),
    ],
)
def test_what_gives_nothing_back_in_the_currency_of_the_refund_is_not_summed(
    body: BodyOf, other: Any
) -> None:
    transactions = [other, movement(amount="7.50"), movement(amount="2.51")]
    facts = read_order(body(refunds=[{"id": 1, "transactions": transactions}])).facts

    assert facts.refunds == (Refund(RefundId("1"), Money(1001, "USD")),)


def test_a_refund_that_the_bank_has_not_done_yet_counts(body: BodyOf) -> None:
    refund = {"id": 1, "transactions": [movement(status="pending")]}

    assert read_order(body(refunds=[refund])).facts.refunds == (
        Refund(RefundId("1"), Money(1000, "USD")),
    )


@pytest.mark.parametrize(
    "transactions",
    [
        {},
        {"transactions": None},
        {"transactions": []},
        {"transactions": [movement(amount="0.00")]},
    ],
)
def test_a_refund_without_money_undoes_nothing(body: BodyOf, transactions: Any) -> None:
    facts = read_order(body(refunds=[{"id": 1, **transactions}])).facts

    assert facts.refunds == ()
    assert not facts.undoes


def test_a_refund_says_alone_what_it_says_within_its_order(body: BodyOf) -> None:
    refund = {"id": 509562969, "transactions": [movement(amount="5.00", currency="EUR")]}
    within = read_order(body(refunds=[refund])).facts
    alone = json.dumps({**refund, "order_id": int(within.order_id)}).encode()

    assert read_refund(alone).facts == OrderFacts(
        order_id=within.order_id, refunds=(Refund(RefundId("509562969"), Money(500, "EUR")),)
    )
    assert within.merge(read_refund(alone).facts) == within


@pytest.mark.parametrize("without", ["id", "order_id"])
def test_a_refund_names_itself_and_its_order(without: str) -> None:
    refund = {"id": 1, "order_id": 2, "transactions": [movement()]}
    del refund[without]

    with pytest.raises(UnreadableOrder, match=without):
        read_refund(json.dumps(refund).encode())


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
    refunds = [
        {"id": number, "transactions": [movement()]} for number in range(1, MOST_REFUNDS + 2)
    ]

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
