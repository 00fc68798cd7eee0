"""Whatever a signed body holds, it becomes facts or is unreadable: soon, and nothing else."""

import time
import tracemalloc
from collections.abc import Callable

import pytest

from referrals_adapters.shopify.payloads import read_order

BodyOf = Callable[..., bytes]
Splice = Callable[[str, bytes], bytes]
Outcome = Callable[[bytes], str]

DEEP = 100_000
READABLE = "readable"
UNREADABLE = "unreadable"


# Bodies made by hand


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", UNREADABLE),
        (b" ", UNREADABLE),
        (b"{", UNREADABLE),
        (b"{}", UNREADABLE),
        (b"[]", UNREADABLE),
        (b"null", UNREADABLE),
        (b"true", UNREADABLE),
        (b"0", UNREADABLE),
        (b'"order"', UNREADABLE),
        (b"NaN", UNREADABLE),
        (b"id=6200407294252", UNREADABLE),
        (b"<order/>", UNREADABLE),
        (b"\x00", UNREADABLE),
        (b"\xff\xfe{\x00}\x00", UNREADABLE),
        (b"\xef\xbb\xbf{}", UNREADABLE),
        (b"\x1f\x8b\x08\x00", UNREADABLE),
        (b"[" * DEEP, UNREADABLE),
        (b'{"id":' * DEEP, UNREADABLE),
        (b'{"a":' * DEEP, UNREADABLE),
        (b'{"customer":' * DEEP, UNREADABLE),
        (b'{"a":' + b"[" * DEEP + b"]" * DEEP + b"}", UNREADABLE),
        (b"9" * 1_000_000, UNREADABLE),
        (b'"' + b"\\u0000" * 100_000 + b'"', UNREADABLE),
        (b" " * 1_000_000, UNREADABLE),
        (b"{" + b'"a":0,' * 100_000 + b'"b":0}', UNREADABLE),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:20]),
)
def test_what_is_no_order_at_all_is_unreadable(
    outcome: Outcome, raw: bytes, expected: str
) -> None:
    assert outcome(raw) is expected


@pytest.mark.parametrize(
    ("field", "raw", "expected"),
    [
        # NUL, surrogates, broken UTF-8
        ("landing_site", b'"/?ref=\\u0000"', READABLE),
        ("landing_site", b'"/?ref=\x00"', UNREADABLE),
        ("currency", b'"US\\u0000"', UNREADABLE),
        ("landing_site_ref", b'"\\ud800"', UNREADABLE),
        ("landing_site_ref", b'"\\udc00\\ud800"', UNREADABLE),
        ("landing_site_ref", b'"\\ud800\\ud800 and more of it"', UNREADABLE),
        ("landing_site_ref", b'"\\ud83d\\ude00"', READABLE),
        ("landing_site", b'"/?ref=%ed%a0%80&share=%ff%fe"', READABLE),
        ("financial_status", b'"\\udfff"', UNREADABLE),
        ("financial_status", b'"\xff"', UNREADABLE),
        ("financial_status", b'"\xed\xa0\x80"', UNREADABLE),
        ("financial_status", b'"\xc0\xaf"', UNREADABLE),
        ("landing_site_ref", b'"\xf4\x90\x80\x80"', UNREADABLE),
        ("note_attributes", b'[{"name":"ref","value":"\xff\xfe"}]', READABLE),
        ("note_attributes", b'[{"name":"\xff","value":"x"}]', UNREADABLE),
        ("note_attributes", b'[{"name":"\\u0000","value":"\\u0000"}]', READABLE),
        ("name", b'"\xff\xfe"', READABLE),  # a field that is skipped
        # numbers
        ("id", b"NaN", UNREADABLE),
        ("id", b"-Infinity", UNREADABLE),
        ("id", b"1e400", UNREADABLE),
        ("id", b"1e3", UNREADABLE),
        ("id", b"-1", UNREADABLE),
        ("id", b"0x10", UNREADABLE),
        ("id", b"01", UNREADABLE),
        ("id", b"9223372036854775808", READABLE),
        ("id", b"99999999999999999999", READABLE),
        ("id", b"100000000000000000000", UNREADABLE),
        ("id", b"9" * 5000, UNREADABLE),
        ("id", b'"' + b"9" * 5000 + b'"', UNREADABLE),
        ("id", b"-" + b"9" * 5000, UNREADABLE),
        ("id", b"1" + b"0" * 300_000, UNREADABLE),
        ("id", b"1." + b"0" * 300_000, UNREADABLE),
        ("customer", b'{"id":' + b"9" * 5000 + b"}", UNREADABLE),
        ("customer", b'{"id":1e400}', UNREADABLE),
        ("refunds", b'[{"id":' + b"9" * 5000 + b"}]", UNREADABLE),
        ("total_price", b"1e400", UNREADABLE),
        ("total_price", b"NaN", UNREADABLE),
        ("total_price", b'"1e400"', UNREADABLE),
        ("total_price", b'"' + b"9" * 300_000 + b'"', UNREADABLE),
        ("total_price", b'"0.' + b"0" * 300_000 + b'"', UNREADABLE),
        ("number", b"1e400", READABLE),  # skipped
        ("number", b"9" * 5000, READABLE),  # skipped
        ("number", b"NaN", UNREADABLE),  # skipped, but no JSON
        ("note_attributes", b'[{"name":"ref","value":1e400}]', READABLE),
        ("note_attributes", b'[{"name":"ref","value":' + b"9" * 5000 + b"}]", READABLE),
        ("note_attributes", b'[{"name":"ref","value":NaN}]', UNREADABLE),
        ("created_at", b"1e400", UNREADABLE),
        ("created_at", b"1795000000", UNREADABLE),
        ("created_at", b'"' + b"2" * 300_000 + b'"', UNREADABLE),
        # depth
        ("line_items", b"[" * DEEP + b"]" * DEEP, UNREADABLE),
        ("customer", b'{"a":' * DEEP + b"0" + b"}" * DEEP, UNREADABLE),
        ("note_attributes", b"[" * DEEP + b"]" * DEEP, UNREADABLE),
        (
            "note_attributes",
            b'[{"name":"ref","value":' + b"[" * DEEP + b"]" * DEEP + b"}]",
            UNREADABLE,
        ),
        ("note_attributes", b'[{"name":"ref","value":' + b"[" * 50 + b"]" * 50 + b"}]", READABLE),
        ("id", b"[" * DEEP + b"]" * DEEP, UNREADABLE),
        # shapes
        ("customer", b"null", READABLE),
        ("customer", b"{}", READABLE),
        ("customer", b"[]", UNREADABLE),
        ("customer", b'"friend@example.test"', UNREADABLE),
        ("customer", b"7002", UNREADABLE),
        ("customer", b'{"id":{"id":1}}', UNREADABLE),
        ("test", b'"true"', UNREADABLE),
        ("test", b"1", UNREADABLE),
        ("refunds", b"[]", READABLE),
        ("refunds", b"{}", UNREADABLE),
        ("refunds", b"[[]]", UNREADABLE),
        ("refunds", b'[{"id":1,"transactions":[{}]}]', UNREADABLE),
        ("note_attributes", b"[]", READABLE),
        ("note_attributes", b"[null]", UNREADABLE),
        ("note_attributes", b"{}", UNREADABLE),
        ("note_attributes", b'{"ref":"K7Q2"}', UNREADABLE),
        ("note_attributes", b'[{"name":null,"value":"x"}]', UNREADABLE),
        ("note_attributes", b'[{"name":"ref"}]', UNREADABLE),
        ("note_attributes", b'[["ref","x"]]', UNREADABLE),
        ("discount_codes", b"[]", READABLE),
        ("discount_codes", b'["FRIEND"]', UNREADABLE),
        ("discount_codes", b'[{"code":null}]', UNREADABLE),
        ("discount_codes", b'[{"code":["x"]}]', UNREADABLE),
        ("landing_site", b"[]", UNREADABLE),
        ("landing_site", b"7", UNREADABLE),
        ("landing_site", b'"//[::1"', READABLE),
        ("landing_site", b'"/?\\\\ud800"', READABLE),
        ("landing_site_ref", b"{}", UNREADABLE),
        ("referring_site", b"false", UNREADABLE),
        ("referring_site", b'"http://[/?ref=%"', READABLE),
        ("financial_status", b"[]", UNREADABLE),
        ("currency", b"null", UNREADABLE),
        ("presentment_currency", b"[]", READABLE),  # skipped
        ("order_status_url", b'"https://\xe2\x84\x80.example/"', UNREADABLE),
        ("order_status_url", b'"https://[::1]/"', UNREADABLE),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:40]),
)
def test_one_hostile_field_gives_facts_or_is_unreadable(
    outcome: Outcome,
    spliced: Splice,
    field: str,
    raw: bytes,
    expected: str,
) -> None:
    assert outcome(spliced(field, raw)) is expected


def test_of_a_repeated_key_the_last_counts_however_the_others_look(
    outcome: Outcome, body: BodyOf
) -> None:
    raw = body(id=1).replace(b'"id": 1,', b'"id": 1, "id": 2, "id": 3,')

    assert read_order(raw).facts.order_id == "3"
    assert outcome(raw.replace(b'"id": 3,', b'"id": -3,')) is UNREADABLE
    assert outcome(raw.replace(b'"id": 2,', b'"id": [],')) is UNREADABLE


@pytest.mark.parametrize("cut", [1, 2, 10, 100, 1000, 2000])
def test_a_body_that_was_cut_off_is_unreadable(outcome: Outcome, body: BodyOf, cut: int) -> None:
    assert outcome(body()[:-cut]) is UNREADABLE


def test_bytes_after_the_order_are_not_passed_over(outcome: Outcome, body: BodyOf) -> None:
    assert outcome(body() + b" \n") is READABLE
    assert outcome(body() + b"x") is UNREADABLE
    assert outcome(body() + body()) is UNREADABLE
    assert outcome(body() + b"\x00") is UNREADABLE


# Bounds

MANY = 100_000


@pytest.mark.parametrize(
    ("field", "raw"),
    [
        ("discount_codes", b"[" + b",".join([b'{"code":"NEWSLETTER"}'] * MANY) + b"]"),
        ("discount_codes", b'[{"code":"' + b"0" * 2_000_000 + b'"}]'),
        ("note_attributes", b"[" + b",".join([b'{"name":"ref","value":"x"}'] * MANY) + b"]"),
        ("note_attributes", b'[{"name":"ref","value":"' + b"-" * 2_000_000 + b'"}]'),
        ("note_attributes", b'[{"name":"' + b" " * 2_000_000 + b'","value":0}]'),
        ("note_attributes", b'[{"name":"ref","value":[' + b"[]," * 700_000 + b"[]]}]"),
        ("refunds", b"[" + b",".join([b'{"id":1}'] * MANY) + b"]"),
        ("landing_site", b'"/?' + b"ref=x&" * 300_000 + b'"'),
        ("landing_site", b'"/?' + b"ref=x&" * 1_364 + b'"'),
        ("landing_site", b'"/?' + b"r=%25&" * 1_364 + b'"'),
        ("landing_site", b'"/?' + b"redirect=?&" * 740 + b'"'),
        ("landing_site", b'"/?redirect=%3f' + b"redirect=%3f" * 680 + b'"'),
        ("landing_site", b'"/?ref=' + b"%" * 8_000 + b'"'),
        ("landing_site", b'"' + b"&" * 8_000 + b"?" + b'"'),
        ("landing_site_ref", b'"' + b"- " * 1_000_000 + b'"'),
        ("order_status_url", b'"https://' + b"a" * 2_000_000 + b'"'),
        ("order_status_url", b'"https://' + b"a:" * 1_000_000 + b'"'),
        ("line_items", b"[" + b"[]," * 700_000 + b"[]]"),
        ("note", b'"' + b"\\ud83d\\ude00" * 160_000 + b'"'),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} of {value[:24]!r}",
)
def test_size_costs_no_more_than_in_proportion(
    outcome: Outcome, spliced: Splice, field: str, raw: bytes
) -> None:
    body = spliced(field, raw)

    tracemalloc.start()
    outcome(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * len(body) + 2_000_000

    started = time.process_time()
    outcome(body)
    assert time.process_time() - started < 1.0
