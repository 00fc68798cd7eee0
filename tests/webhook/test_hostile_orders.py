"""What a well-signed order may hold, from the socket down to what PostgreSQL holds of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from referrals_adapters.shopify.payloads import UnreadableOrder
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.money import Money
from referrals_domain.testing.builders import CODE
from tests.shopify.test_fuzzed_bodies import OURS
from tests.webhook.door import NO_SIGNAL, QUARANTINED, STORED, Answered, Door, new_id, personal
from tests.webhook.orders import WITHOUT_SIGNAL, as_read

if TYPE_CHECKING:
    from tests.webhook.door import Kept

DEEP: Final = 100_000
HERE: Final = "<here>"


def spliced(field: str, raw: bytes) -> bytes:
    """Return an order with raw bytes as one field's value, JSON or not."""
    return personal(**{field: HERE}).replace(json.dumps(HERE).encode(), raw)


def expected(body: bytes) -> Answered:
    """Return what is answered to a body, as its parts say."""
    try:
        order = as_read(body)
    except UnreadableOrder:
        return QUARANTINED
    return STORED if order.counts else NO_SIGNAL


async def assert_kept(kept: Kept, body: bytes) -> None:
    """Check that PostgreSQL holds of a body what it should, and no more."""
    reason = None
    try:
        order = as_read(body)
    except UnreadableOrder as error:
        reason = error.reason
    else:
        facts = order.facts
        assert await kept.facts(facts.order_id) == ([facts] if order.counts else [])
    assert await kept.reason(body) == reason


@pytest.mark.parametrize(
    ("field", "raw", "answer"),
    [
        # NUL
        ("landing_site", b'"/?ref=\\u0000"', STORED),
        ("note", b'"\\u0000"', STORED),
        ("note_attributes", b'[{"name":"ref\\u0000","value":"\\u0000"}]', NO_SIGNAL),
        ("currency", b'"US\\u0000"', QUARANTINED),
        ("order_status_url", b'"https://acme.example\\u0000/"', QUARANTINED),
        ("landing_site", b'"\x00"', QUARANTINED),
        # lone surrogates
        ("note", b'"\\ud800"', QUARANTINED),
        ("note_attributes", b'[{"name":"ref","value":"\\ud800"}]', QUARANTINED),
        ("landing_site", b'"/?ref=\\ud800"', QUARANTINED),
        ("financial_status", b'"\\udfff"', QUARANTINED),
        ("discount_codes", b'[{"code":"\\udc00\\ud800"}]', QUARANTINED),
        # bad UTF-8
        ("name", b'"\xff\xfe"', STORED),
        ("landing_site", b'"/?ref=\xff"', QUARANTINED),
        ("landing_site", b'"\xed\xa0\x80"', QUARANTINED),
        ("financial_status", b'"\xc0\xaf"', QUARANTINED),
        ("landing_site", b'"/?ref=%ff%fe%00"', STORED),
        # numbers
        ("total_weight", b"1e400", STORED),
        ("total_weight", b"9" * 5000, STORED),
        ("total_weight", b"NaN", QUARANTINED),
        ("total_price", b"NaN", QUARANTINED),
        ("total_price", b'"NaN"', QUARANTINED),
        ("total_price", b"1e400", QUARANTINED),
        ("total_price", b'"1e400"', QUARANTINED),
        ("total_price", b'"' + b"9" * 5000 + b'"', QUARANTINED),
        ("total_price", b'"92233720368547758.07"', QUARANTINED),
        ("id", b"1e400", QUARANTINED),
        ("id", b"9" * 5000, QUARANTINED),
        ("id", b'"' + b"9" * 5000 + b'"', QUARANTINED),
        ("id", b"-1", QUARANTINED),
        ("id", b"0", QUARANTINED),
        ("id", b"100000000000000000000", QUARANTINED),
        ("id", b'"\xd9\xa1"', QUARANTINED),  # ARABIC-INDIC DIGIT ONE
        ("customer", b'{"id":' + b"9" * 5000 + b"}", QUARANTINED),
        # times
        ("created_at", b'"0001-01-01T00:00:00+14:00"', QUARANTINED),
        ("updated_at", b'"9999-12-31T23:59:59-14:00"', QUARANTINED),
        ("created_at", b'"2026-11-20T10:15:30"', QUARANTINED),
        # depth
        ("line_items", b"[" * DEEP + b"]" * DEEP, QUARANTINED),
        ("line_items", b'{"a":' * DEEP + b"0" + b"}" * DEEP, QUARANTINED),
        ("note_attributes", b"[" * DEEP, QUARANTINED),
        ("line_items", b"[" * 100 + b"]" * 100, STORED),
        # shapes
        ("customer", b"[]", QUARANTINED),
        ("refunds", b"{}", QUARANTINED),
        ("discount_codes", b"[null]", QUARANTINED),
        # size
        ("note", b'"' + b"\\ud83d\\ude00" * 160_000 + b'"', STORED),
        ("line_items", b"[" + b"[]," * 600_000 + b"[]]", STORED),
        ("discount_codes", b"[" + b'{"code":"CANARY-10"},' * 90_000 + b'{"code":""}]', STORED),
        ("refunds", b"[" + b'{"id":1},' * 100_000 + b'{"id":1}]', QUARANTINED),
        ("landing_site", b'"/?' + b"ref=x&" * 300_000 + b'"', STORED),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:40]),
)
async def test_one_hostile_field(
    door: Door, kept: Kept, field: str, raw: bytes, answer: Answered
) -> None:
    body = spliced(field, raw)
    assert door.post(body) == answer
    await assert_kept(kept, body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{}",
        b"[]",
        b"null",
        b"NaN",
        b"\x00",
        b"\xff\xfe",
        b"\x1f\x8b\x08\x00",
        b"canary=friend@example.test",
        b"[" * DEEP,
        b'{"customer":' * DEEP,
        b"9" * 1_000_000,
        b'"' + b"\\u0000" * 300_000 + b'"',
        b"\x00" * 2_000_000,
        b"\\" * 2_000_000,
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_no_order_at_all(door: Door, kept: Kept, body: bytes) -> None:
    assert door.post(body) == QUARANTINED
    await assert_kept(kept, body)


def moved(amount: str, currency: str) -> dict[str, str]:
    return {"kind": "refund", "status": "success", "amount": amount, "currency": currency}


@pytest.mark.parametrize("number", [2**53 + 1, 2**63, 2**64 + 1, 10**20 - 1])
async def test_ids_beyond_any_machine_word_are_kept_exactly(
    door: Door, kept: Kept, number: int
) -> None:
    refund = {"id": number - 2, "transactions": [moved("1.00", "USD")]}
    body = personal(id=number, customer={"id": number - 1}, refunds=[refund])
    assert door.post(body) == STORED
    (facts,) = await kept.facts(str(number))
    assert (facts.order_id, facts.customer_id) == (str(number), str(number - 1))
    assert [refund.id for refund in facts.refunds] == [str(number - 2)]


async def test_of_a_repeated_key_the_last_counts(door: Door, kept: Kept) -> None:
    first, last = new_id(), new_id()
    body = personal(id=HERE).replace(b'"id": "<here>"', b'"id": %d, "id": %d' % (first, last))
    assert door.post(body) == STORED
    await assert_kept(kept, body)
    assert await kept.facts(str(first)) == []
    assert await kept.facts(str(last))


@pytest.mark.parametrize("customer", [{"customer": None}, {"customer": {}}, {}], ids=str)
async def test_an_order_of_nobody_is_stored(
    door: Door, kept: Kept, customer: dict[str, Any]
) -> None:
    number = new_id()
    order = json.loads(personal(id=number))
    del order["customer"]
    body = json.dumps(order | customer).encode()
    assert door.post(body) == STORED
    await assert_kept(kept, body)
    (facts,) = await kept.facts(str(number))
    assert facts.customer_id is None


async def test_empty_lists_are_no_signals_and_no_refunds(door: Door, kept: Kept) -> None:
    empty: dict[str, Any] = {"discount_codes": [], "line_items": [], "refunds": []}
    for body, answer in [
        (personal(**(WITHOUT_SIGNAL | empty)), NO_SIGNAL),
        (personal(**empty), STORED),
    ]:
        assert door.post(body) == answer
        await assert_kept(kept, body)


async def test_of_two_discount_codes_both_are_kept(door: Door, kept: Kept) -> None:
    number, other = new_id(), ReferralCode.of_number(4712)
    codes = [{"code": f"FRIEND-{code.lower()}"} for code in (CODE, other)]
    body = personal(**(WITHOUT_SIGNAL | {"id": number, "discount_codes": codes}))
    assert door.post(body) == STORED
    await assert_kept(kept, body)
    (facts,) = await kept.facts(str(number))
    assert {signal.code for signal in facts.signals} == {CODE, other}


@pytest.mark.parametrize(
    ("currency", "price", "total"),
    [
        ("JPY", "1200", Money(1200, "JPY")),
        ("JPY", "1200.00", Money(1200, "JPY")),
        ("KWD", "12.345", Money(12345, "KWD")),
        ("KWD", "12.3", Money(12300, "KWD")),
        ("USD", "0", Money(0, "USD")),
        ("USD", "92233720368547758.07", None),  # sixteen digits and more are no price
        ("JPY", "12.5", None),
        ("USD", "12.345", None),
        ("USD", "-1.00", None),
        ("USD", "1,00", None),
        ("usd", "1.00", None),
        ("", "1.00", None),
    ],
)
async def test_an_amount_is_exact_in_its_currency_or_none(
    door: Door, kept: Kept, currency: str, price: str, total: Money | None
) -> None:
    number = new_id()
    body = personal(id=number, currency=currency, total_price=price)
    assert door.post(body) == (STORED if total else QUARANTINED)
    await assert_kept(kept, body)
    totals = [one.snapshot and one.snapshot.total for one in await kept.facts(str(number))]
    assert totals == ([total] if total else [])


async def test_both_currencies_of_an_order_are_kept(door: Door, kept: Kept) -> None:
    number = new_id()
    body = personal(
        id=number,
        currency="EUR",
        total_price="62.10",
        total_price_set={"presentment_money": {"amount": "10000", "currency_code": "JPY"}},
        refunds=[
            {"id": 1, "transactions": [moved("10.00", "EUR"), moved("2.50", "EUR")]},
            {"id": 2, "transactions": [moved("1600", "JPY")]},
        ],
    )
    assert door.post(body) == STORED
    await assert_kept(kept, body)
    (facts,) = await kept.facts(str(number))
    assert facts.snapshot is not None
    assert facts.snapshot.totals == (Money(6210, "EUR"), Money(10_000, "JPY"))
    amounts = [refund.amount for refund in facts.refunds]
    assert amounts == [Money(1250, "EUR"), Money(1600, "JPY")]


WRONG: Final[list[Any]] = [
    *(None, True, False, 0, -1, 1.5, 10**20, 10**400, float("nan"), float("inf")),
    *("", "x", "\0", "\ud800", "9" * 5000, [], [[]], [None], [0], {}, {"": None}, {"id": {}}),
]


@pytest.mark.parametrize("path", OURS, ids=lambda path: ".".join(map(str, path)))
async def test_a_value_of_any_other_type_in_any_field_we_read(
    door: Door, kept: Kept, path: tuple[str | int, ...]
) -> None:
    bodies = [with_value(path, value) for value in WRONG]
    assert door.post_all(bodies) == [expected(body) for body in bodies]
    for body in bodies:
        await assert_kept(kept, body)


def with_value(path: tuple[str | int, ...], value: Any) -> bytes:
    """Return an order with a value in one place, and something in every place we read."""
    move = {"kind": "refund", "status": "success", "amount": "1.00", "currency": "USD"}
    order = json.loads(
        personal(
            cancelled_at="2026-11-21T10:15:30-05:00", refunds=[{"id": 1, "transactions": [move]}]
        )
    )
    *way, last = path
    place = order
    for step in way:
        place = place[step]
    place[last] = value
    return json.dumps(order).encode()
