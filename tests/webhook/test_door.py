"""The real process answers every kind of call, on real PostgreSQL."""

from __future__ import annotations

import socket
import struct
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Final

import pytest

from referrals_adapters.shopify.signature import HEADER, sign
from referrals_domain.testing.builders import SHOP
from referrals_webhook.exchange import LONGEST_BODY
from tests.webhook.door import (
    AWAY,
    JSON,
    NO_PROGRAM,
    NO_SIGNAL,
    NOT_JSON,
    QUARANTINED,
    REPEATED,
    SHOP_HEADER,
    STORED,
    TOO_LONG,
    TOO_SLOW,
    UNSIGNED,
    Door,
    headers,
    personal,
    request,
    signature,
)
from tests.webhook.orders import PATH, PREVIOUS_SECRET, SECRET, WITHOUT_SIGNAL, as_read

if TYPE_CHECKING:
    from referrals_adapters.postgres.settings import PostgresSettings
    from tests.webhook.door import Kept
    from tests.webhook.program import Program

ROTATED_OUT: Final = "shpss_last_year"
BODY: Final = personal()
GOOD: Final = sign(BODY, SECRET)


async def test_an_order_is_stored_once_and_nothing_else_of_it(door: Door, kept: Kept) -> None:
    body = personal()
    facts = as_read(body).facts
    assert door.post(body) == STORED
    assert door.post(body) == REPEATED
    assert await kept.facts(facts.order_id) == [facts]
    assert await kept.reason(body) is None


async def test_what_cannot_be_read_is_quarantined(door: Door, kept: Kept) -> None:
    body = personal(total_price=["canary.friend@example.test"])
    assert door.post(body) == QUARANTINED
    assert await kept.reason(body) == "Expected `str`, got `array` - at `$.total_price`"


async def test_what_is_not_ours_is_ignored(door: Door, kept: Kept) -> None:
    silent = personal(**WITHOUT_SIGNAL)
    assert door.post(silent) == NO_SIGNAL
    foreign = personal()
    assert door.post(foreign, headers(foreign, shop="other.myshopify.com")) == NO_PROGRAM
    for body in (silent, foreign):
        assert await kept.facts(as_read(body).facts.order_id) == []
        assert await kept.reason(body) is None


def same_digest_spelt_otherwise() -> bytes:
    """Change the two bits of the last symbol that decoding ignores."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = GOOD[:42] + bytes([alphabet[alphabet.index(GOOD[42]) ^ 1]]) + b"="
    assert b64decode(other) == b64decode(GOOD)
    return other


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([], id="none"),
        pytest.param([GOOD, GOOD], id="two"),
        pytest.param([GOOD, b""], id="two, one empty"),
        pytest.param([sign(BODY, PREVIOUS_SECRET), GOOD], id="two, of both secrets"),
        pytest.param([GOOD + b", " + GOOD], id="two, joined"),
        pytest.param([b""], id="empty"),
        pytest.param([GOOD[:-1]], id="one short"),
        pytest.param([GOOD + b"="], id="one long"),
        pytest.param([GOOD * 1000], id="long"),
        pytest.param([GOOD[:-1] + b"\xff"], id="not ASCII"),
        pytest.param([b"\xc3\xa9" * 22], id="UTF-8"),
        pytest.param([GOOD[:-1] + b"!="], id="junk before the padding"),
        pytest.param([b"!" + GOOD], id="junk before, which decoding skips"),
        pytest.param([GOOD[:20] + b".-_" + GOOD[20:]], id="junk within, which decoding skips"),
        pytest.param([same_digest_spelt_otherwise()], id="the same digest spelt otherwise"),
        pytest.param([b64decode(GOOD).hex().encode()], id="in hexadecimal"),
        pytest.param([b64encode(b64decode(GOOD) + b"\x00")], id="a digest and more"),
        pytest.param([sign(BODY, "shpss_other")], id="another secret"),
        pytest.param([sign(BODY, ROTATED_OUT)], id="a secret that was rotated out"),
        pytest.param([sign(BODY, SECRET.upper())], id="the secret in capitals"),
        pytest.param([sign(BODY + b"\n", SECRET)], id="another body"),
        pytest.param([sign(b"", SECRET)], id="no body"),
    ],
)
async def test_a_body_with_any_other_signature_is_refused(
    door: Door, kept: Kept, values: list[bytes]
) -> None:
    assert door.post(BODY, [JSON, *((HEADER, value) for value in values)]) == UNSIGNED
    assert await kept.facts(as_read(BODY).facts.order_id) == []
    assert await kept.reason(BODY) is None


def test_while_the_secret_rotates_either_counts(door: Door) -> None:
    body = personal(**WITHOUT_SIGNAL)
    for secret in (SECRET, PREVIOUS_SECRET):
        assert door.post(body, [JSON, signature(body, secret)]) == NO_SIGNAL


@pytest.mark.parametrize(
    "shops",
    [
        pytest.param([], id="none"),
        pytest.param([SHOP.encode()] * 2, id="two"),
        pytest.param([b"canary.example"], id="no shop"),
        pytest.param([b"\xe2\x84\xaa.myshopify.com"], id="not ASCII"),
        pytest.param([b"'; DROP TABLE quarantine; --.myshopify.com"], id="SQL"),
        pytest.param([b"a" * 20_000], id="long"),
    ],
)
async def test_a_signed_order_of_no_one_shop_is_quarantined(
    door: Door, kept: Kept, shops: list[bytes]
) -> None:
    body = personal()
    lines = [JSON, signature(body), *((SHOP_HEADER, shop) for shop in shops)]
    assert door.post(body, lines) == QUARANTINED
    assert await kept.reason(body) == "the shop header does not name one shop"
    assert await kept.facts(as_read(body).facts.order_id) == []


async def test_so_is_one_that_names_another_shop_than_the_header(door: Door, kept: Kept) -> None:
    body = personal(order_status_url="https://other.example/")
    assert door.post(body) == QUARANTINED
    assert await kept.reason(body) == "the body names another shop than the header"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"Content-Type", b"application/x-www-form-urlencoded"),
        (b"Content-Type", b"application/json-seq"),
        (b"Content-Type", b"\xff"),
        (b"Content-Encoding", b"gzip"),
        (b"Content-Encoding", b"identity, br"),
    ],
)
async def test_what_is_not_plain_json_is_refused_however_well_signed(
    door: Door, kept: Kept, name: bytes, value: bytes
) -> None:
    body = personal()
    assert door.post(body, [*headers(body), (name, value)]) == NOT_JSON
    assert await kept.facts(as_read(body).facts.order_id) == []


def test_a_body_that_is_too_long_is_refused(door: Door) -> None:
    longest = personal(**WITHOUT_SIGNAL).ljust(LONGEST_BODY)
    assert door.post(longest) == NO_SIGNAL
    assert door.post(longest + b" ") == TOO_LONG
    assert door.post(longest) == NO_SIGNAL


def test_so_is_one_that_says_it_will_be(door: Door) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {LONGEST_BODY + 1}\r\n\r\n"
    assert door.say(head.encode()) == TOO_LONG


def test_so_is_one_without_an_end(door: Door) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    assert door.say(head.encode() + piece * (LONGEST_BODY // 0x10000 + 1)) == TOO_LONG


def test_one_that_does_not_come_is_given_up(door: Door) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n"
    assert door.say(head.encode() + BODY[:-1]) == TOO_SLOW


def test_a_caller_who_sends_several_at_once_and_leaves_is_not_missed(door: Door) -> None:
    orders = [personal() for _ in range(5)]
    for _ in range(20):
        with socket.create_connection((door.address.host, door.address.port)) as line:
            line.sendall(b"".join(request(body, headers(body)) for body in orders))
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert door.post(personal()) == STORED


async def test_without_its_database_it_asks_to_come_again_for_what_it_would_have_kept(
    program: Program, database: PostgresSettings
) -> None:
    process = program.start("run", "--role", "http", REFERRALS_DB_PORT="1")
    door = await Door.of(process, database)
    silent = personal(**WITHOUT_SIGNAL)
    assert door.post(BODY) == AWAY
    assert door.post(b"{") == AWAY
    assert door.post(silent) == NO_SIGNAL
    assert door.post(BODY, [JSON]) == UNSIGNED
    assert door.post(silent, [JSON, signature(silent, PREVIOUS_SECRET)]) == UNSIGNED
    door.hang_up()
    door.assert_discreet()
