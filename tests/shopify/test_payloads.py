"""What an order's body says becomes facts."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from referrals_adapters.shopify.payloads import UnreadableOrder, read_order
from referrals_domain.model.identifiers import CustomerId, OrderId
from referrals_domain.model.link import Channel
from referrals_domain.model.money import Money
from referrals_domain.model.order import Buyer, OrderFacts, OrderSnapshot
from referrals_domain.model.signals import Signal, Source
from referrals_domain.testing.builders import CODE

BodyOf = Callable[..., bytes]


def at(second: int) -> datetime:
    return datetime(2026, 11, 20, 15, 15, second, tzinfo=UTC)


def test_the_sample_becomes_facts(body: BodyOf) -> None:
    order = read_order(body())

    assert order.facts == OrderFacts(
        order_id=OrderId("6200407294252"),
        snapshot=OrderSnapshot(updated_at=at(31), total=Money(6710, "USD")),
        buyer=Buyer(updated_at=at(31), customer_id=CustomerId("115310627314723954")),
        signals=(
            Signal(source=Source.NOTE_ATTRIBUTES, code=CODE, channel=Channel.SMS),
            Signal(source=Source.DISCOUNT_CODES, code=CODE),
            Signal(source=Source.LANDING_SITE, code=CODE, channel=Channel.SMS),
        ),
        placed_at=at(28),
        paid_at=at(31),
    )
    assert order.named_host is None


def test_an_order_with_a_signal_counts_and_so_does_what_undoes_one_without(
    body: BodyOf, bare: BodyOf
) -> None:
    move = {"kind": "refund", "status": "success", "amount": "1.00", "currency": "USD"}
    assert read_order(body()).counts
    assert not read_order(bare()).counts
    assert not read_order(bare(financial_status="paid")).counts
    assert read_order(bare(cancelled_at="2026-11-21T10:15:30Z")).counts
    assert read_order(bare(refunds=[{"id": 1, "transactions": [move]}])).counts


def test_only_four_fields_are_needed(body: BodyOf) -> None:
    whole = json.loads(body())
    needed = {name: whole[name] for name in ("id", "created_at", "currency", "total_price")}

    facts = read_order(json.dumps(needed).encode()).facts

    assert facts == OrderFacts(
        order_id=OrderId("6200407294252"),
        snapshot=OrderSnapshot(updated_at=at(30), total=Money(6710, "USD")),
        placed_at=at(30),
    )


@pytest.mark.parametrize("name", ["id", "created_at", "currency", "total_price"])
def test_none_of_the_four_may_be_missing_or_null(body: BodyOf, name: str) -> None:
    with pytest.raises(UnreadableOrder, match=name):
        read_order(body(without=(name,)))
    with pytest.raises(UnreadableOrder, match=name):
        read_order(body(**{name: None}))


@pytest.mark.parametrize(
    "name",
    [
        "processed_at",
        "updated_at",
        "cancelled_at",
        "financial_status",
        "test",
        "customer",
        "refunds",
        "order_status_url",
        "note_attributes",
        "discount_codes",
        "landing_site",
        "landing_site_ref",
        "referring_site",
    ],
)
def test_every_other_field_may_be_missing_which_is_the_same_as_null(
    body: BodyOf, name: str
) -> None:
    assert read_order(body(without=(name,))) == read_order(body(**{name: None}))


# Ids


@pytest.mark.parametrize(
    "number",
    [1, 2**53 + 1, 2**63 - 1, 2**63, 2**64 + 1, 99_999_999_999_999_999_999],
)
@pytest.mark.parametrize("write", [int, str])
def test_ids_are_exact_up_to_twenty_digits(
    body: BodyOf, number: int, write: Callable[[int], int | str]
) -> None:
    move = {"kind": "refund", "status": "success", "amount": "1.00", "currency": "USD"}
    refund = {"id": write(number), "transactions": [move]}
    raw = body(id=write(number), customer={"id": write(number)}, refunds=[refund])

    facts = read_order(raw).facts

    assert facts.order_id == str(number)
    assert facts.customer_id == str(number)
    assert facts.refunds[0].id == str(number)


@pytest.mark.parametrize(
    "number",
    [
        0,
        -1,
        10**20,
        1.5,
        1e10,
        True,
        "",
        "0",
        "007",
        "+7",
        " 7",
        "7\n",
        "7e3",
        "\u0667",
        "x",
        "1" * 21,
    ],
)
def test_what_is_not_such_a_number_is_no_id(body: BodyOf, number: Any) -> None:
    for changes in ({"id": number}, {"customer": {"id": number}}, {"refunds": [{"id": number}]}):
        with pytest.raises(UnreadableOrder):
            read_order(body(**changes))


# Times


@pytest.mark.parametrize(
    ("created", "processed"), [("15:30", "15:28"), ("15:28", "15:30"), ("15:28", "15:28")]
)
def test_it_was_placed_at_the_earlier_of_two_times(
    body: BodyOf, created: str, processed: str
) -> None:
    raw = body(
        created_at=f"2026-11-20T10:{created}-05:00",
        processed_at=f"2026-11-20T10:{processed}-05:00",
    )

    assert read_order(raw).facts.placed_at == at(28)


def test_times_are_kept_in_utc(body: BodyOf) -> None:
    raw = body(
        created_at="2026-11-20T15:15:30+00:00",
        processed_at="2026-11-20T20:45:29.5+05:30",
        updated_at="2026-11-20T10:15:31-05:00",
        cancelled_at="2026-11-20T15:15:40Z",
    )

    facts = read_order(raw).facts

    assert facts.snapshot is not None
    assert facts.buyer is not None
    times = [facts.placed_at, facts.snapshot.updated_at, facts.buyer.updated_at]
    assert [*times, facts.paid_at, facts.cancelled_at] == [
        at(29).replace(microsecond=500_000),
        *[at(31)] * 3,
        at(40),
    ]
    assert {time and time.tzinfo for time in [*times, facts.paid_at, facts.cancelled_at]} == {UTC}


def test_without_a_time_of_change_the_time_of_creation_stands_in(body: BodyOf) -> None:
    facts = read_order(body(updated_at=None)).facts

    assert facts.snapshot is not None
    assert facts.snapshot.updated_at == facts.paid_at == at(30)


@pytest.mark.parametrize("name", ["created_at", "processed_at", "updated_at", "cancelled_at"])
@pytest.mark.parametrize(
    "time",
    [
        "2026-11-20T10:15:30",
        "2026-11-20",
        "",
        "yesterday",
        1_795_000_000,
        "0001-01-01T00:00:00+14:00",
        "1969-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "2026-13-20T10:15:30Z",
        "2026-11-20T10:15:60Z",
        "2026-11-20T10:15:30+24:00",
    ],
)
def test_what_is_not_a_time_with_an_offset_is_unreadable(
    body: BodyOf, name: str, time: Any
) -> None:
    with pytest.raises(UnreadableOrder):
        read_order(body(**{name: time}))


@pytest.mark.parametrize("time", ["1970-01-01T00:00:00Z", "2199-12-31T23:59:59-12:00"])
def test_times_within_the_years_are_times(body: BodyOf, time: str) -> None:
    assert read_order(body(cancelled_at=time)).facts.cancelled_at is not None


# What happened to the order


@pytest.mark.parametrize("status", ["paid", "partially_refunded", "refunded"])
def test_it_is_paid_since_the_body_that_says_so(body: BodyOf, status: str) -> None:
    assert read_order(body(financial_status=status)).facts.paid_at == at(31)


@pytest.mark.parametrize(
    "status", ["pending", "authorized", "partially_paid", "voided", "expired", "PAID", "", None]
)
def test_it_is_not_paid_otherwise(body: BodyOf, status: str | None) -> None:
    assert read_order(body(financial_status=status)).facts.paid_at is None


def test_it_was_cancelled_when_it_says(body: BodyOf) -> None:
    assert read_order(body()).facts.cancelled_at is None
    assert read_order(body(cancelled_at="2026-11-20T15:15:50Z")).facts.cancelled_at == at(50)


@pytest.mark.parametrize("test", [True, False])
def test_a_test_order_says_so(body: BodyOf, *, test: bool) -> None:
    assert read_order(body(test=test)).facts.test is test


@pytest.mark.parametrize("customer", [None, {}, {"id": None}, {"email": "friend@example.test"}])
def test_an_order_may_have_no_customer(body: BodyOf, customer: Any) -> None:
    assert read_order(body(customer=customer)).facts.buyer is None


# The shop


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://acme.myshopify.com/7/orders/b1/authenticate?key=k", "acme.myshopify.com"),
        ("https://Shop.ACME.example/7/orders/b1", "shop.acme.example"),
        ("HTTPS://acme.example:443/7", "acme.example"),
        ("https://acme.example", "acme.example"),
        ("https://acme.example?key=k", "acme.example"),
        ("https://acme.example#x", "acme.example"),
        ("https://xn--mnchen-3ya.example/7", "xn--mnchen-3ya.example"),
        ("", None),
        (None, None),
    ],
)
def test_the_host_of_the_status_page_names_the_shop(
    body: BodyOf, url: Any, host: str | None
) -> None:
    assert read_order(body(order_status_url=url)).named_host == host


@pytest.mark.parametrize(
    "url",
    [
        "/7/orders/b1",
        "//acme.example/7",
        "ftp://acme.example/7",
        "javascript:alert(1)",
        "https://",
        "https:///7",
        "https://acme.example@evil.example/7",
        "https://evil.example\\@acme.example/7",
        "https://acme.example:x/7",
        "https://acme.example:443evil/7",
        "https://acme example/7",
        "https://acme.example\n/7",
        "https://acme.example\x00/7",
        "https://[::1]/7",
        "https://münchen.example/7",
        "https://\u212aiosk.example/7",
        "https://" + "a" * 254 + "/7",
        " https://acme.example/7",
        7,
        [],
    ],
)
def test_a_status_page_whose_host_cannot_be_told_is_not_passed_over(
    body: BodyOf, url: Any
) -> None:
    with pytest.raises(UnreadableOrder):
        read_order(body(order_status_url=url))
