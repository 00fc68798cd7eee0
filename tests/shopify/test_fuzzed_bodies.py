"""Bodies that nobody thought of become facts or are unreadable, too."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from referrals_domain.testing.builders import CODE, REFERRAL

BodyOf = Callable[..., bytes]
Outcome = Callable[[bytes], str]

PATIENT = settings(deadline=None)  # the machine may be busy

SPECIAL = st.sampled_from(
    [
        float("nan"),
        float("inf"),
        1e308,
        2**53,
        2**63,
        10**20,
        10**400,
        -1,
        "\x00",
        "\ud800",
        "\udfff",
        CODE,
        "2026-11-20T10:15:30-05:00",
        "0001-01-01T00:00:00+14:00",
        "https://acme.example/",
        f"/?ref={CODE}&redirect=%2F%3Fref%3D{CODE}",
        "67.10",
        "JPY",
    ]
)
TEXT = st.text(st.characters(codec=None), max_size=20)  # lone surrogates too
KEYS = TEXT | st.sampled_from(["id", "name", "value", "code", "transactions", "amount", "kind"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | SPECIAL,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
OURS = [
    ("id",),
    ("created_at",),
    ("processed_at",),
    ("updated_at",),
    ("cancelled_at",),
    ("currency",),
    ("total_price",),
    ("financial_status",),
    ("browser_ip",),
    ("source_name",),
    ("test",),
    ("customer",),
    ("customer", "id"),
    ("refunds",),
    ("refunds", 0),
    ("refunds", 0, "id"),
    ("refunds", 0, "transactions"),
    ("refunds", 0, "transactions", 0),
    *(("refunds", 0, "transactions", 0, name) for name in ("kind", "status", "amount")),
    ("refunds", 0, "transactions", 0, "currency"),
    ("order_status_url",),
    ("note_attributes",),
    ("note_attributes", 0),
    ("note_attributes", 0, "name"),
    ("note_attributes", 0, "value"),
    ("discount_codes",),
    ("discount_codes", 0),
    ("discount_codes", 0, "code"),
    ("landing_site",),
    ("landing_site_ref",),
    ("referring_site",),
    ("browser_ip",),
    ("source_name",),
]


def with_everything(body: BodyOf) -> Any:
    move = {"kind": "refund", "status": "success", "amount": "10.00", "currency": "USD"}
    return json.loads(
        body(
            cancelled_at="2026-11-21T10:15:30-05:00",
            refunds=[{"id": 1, "transactions": [move]}],
            order_status_url="https://acme.myshopify.com/1/orders/b1",
            landing_site_ref=CODE,
            referring_site=f"https://blog.example/?ref={CODE}",
        )
    )


@PATIENT
@given(raw=st.binary(max_size=300))
def test_any_bytes(outcome: Outcome, raw: bytes) -> None:
    outcome(raw)


@PATIENT
@given(value=JSON)
def test_any_json(outcome: Outcome, value: Any) -> None:
    outcome(json.dumps(value).encode())


@pytest.mark.parametrize("path", OURS, ids=lambda path: ".".join(map(str, path)))
def test_any_value_in_place_of_one_we_read(
    outcome: Outcome, body: BodyOf, path: tuple[str | int, ...]
) -> None:
    sample = with_everything(body)

    @settings(PATIENT, max_examples=50)
    @given(value=JSON)
    @example(value=[])
    @example(value={})
    @example(value=None)
    def hold(value: Any) -> None:
        order = json.loads(json.dumps(sample))
        *way, last = path
        place = order
        for step in way:
            place = place[step]
        place[last] = value
        outcome(json.dumps(order).encode())

    hold()


@PATIENT
@given(changes=st.dictionaries(st.sampled_from([path[0] for path in OURS]), JSON, max_size=4))
def test_any_values_in_place_of_several(
    outcome: Outcome, body: BodyOf, changes: dict[str, Any]
) -> None:
    outcome(json.dumps(with_everything(body) | changes).encode())


@PATIENT
@given(data=st.data())
def test_any_bytes_within_a_body(outcome: Outcome, body: BodyOf, data: st.DataObject) -> None:
    raw = json.dumps(with_everything(body)).encode()
    start = data.draw(st.integers(0, len(raw)))
    length = data.draw(st.integers(0, 20))

    outcome(raw[:start] + data.draw(st.binary(max_size=20)) + raw[start + length :])


PIECES = st.sampled_from(
    [
        *("?", "&", "#", "=", "+", ";", "/", "%", "%26", "%3D", "%3F", "%00", "%ff", "\x00", "é"),
        *("ref", "r", "source", "share", "redirect", "channel", "utm_medium", "discount"),
        *(CODE, CODE.lower(), f"FRIEND-{CODE}", REFERRAL, "sms"),
    ]
)
URLS = st.lists(PIECES, max_size=30).map("".join)


@PATIENT
@given(urls=st.tuples(URLS, URLS, URLS, URLS))
def test_any_urls(outcome: Outcome, body: BodyOf, urls: tuple[str, str, str, str]) -> None:
    landing, referring, reference, note = urls
    raw = body(
        landing_site=landing,
        referring_site=referring,
        landing_site_ref=reference,
        note_attributes=[{"name": name, "value": note} for name in ("ref", "share", "channel")],
        discount_codes=[{"code": note}],
    )

    assert outcome(raw) == "readable"
