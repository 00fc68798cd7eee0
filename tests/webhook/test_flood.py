"""Thousands of bad requests leave nothing behind in the process."""

from __future__ import annotations

from itertools import cycle, islice
from typing import Final

import pytest

from referrals_adapters.shopify.signature import HEADER
from referrals_domain.testing.builders import SHOP
from referrals_webhook.exchange import LONGEST_BODY
from tests.tally import tried
from tests.webhook.door import JSON, Door, Header, headers, personal, request
from tests.webhook.orders import PATH, WITHOUT_SIGNAL

pytestmark = pytest.mark.long

WARM_UP: Final = 1_562  # two rounds
FLOOD: Final = 10_000
GROWTH: Final = 20 * 1024 * 1024  # bytes: 2 kB a request would show


def signed(body: bytes, *more: Header, shop: str = SHOP) -> bytes:
    """Return the bytes of a request that Shopify signed, and somebody added to."""
    return request(body, [*headers(body, shop=shop), *more])


ORDER: Final = personal()
DEEP: Final = personal(line_items="<here>").replace(b'"<here>"', b"[" * 100_000)
HUGE: Final = b"[" * LONGEST_BODY

SIGNED: Final = [
    (signed(ORDER), 200),
    (signed(ORDER, shop="other.myshopify.com"), 200),
    (signed(ORDER, shop="canary"), 200),
    (signed(personal(**WITHOUT_SIGNAL)), 200),
    (signed(b"canary"), 200),
    (signed(DEEP), 200),
]
REFUSED: Final = [
    (request(ORDER, []), 401),
    (request(ORDER, [JSON, (HEADER, b"\xff" * 44)]), 401),
    (signed(ORDER, (HEADER, b"x" * 44)), 401),
    (request(ORDER, []).replace(b"Content-Length", b"Content-Length: 9\r\nX"), 401),
    (signed(ORDER, (b"Content-Encoding", b"gzip")), 415),
    (signed(ORDER, (b"Content-Type", b"text/plain")), 415),
    (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    (f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), 405),
    (b"\x16\x03\x01\x02\x00\x01\x00", 400),
    (f"POST {PATH} HTTP/1.1\r\nContent-Length: {len(HUGE) + 1}\r\n\r\n".encode(), 413),
]
ROUND: Final = [*(SIGNED + 2 * REFUSED) * 30, (signed(HUGE), 200)]
"""Requests with their statuses; of the longest but one, for its bytes take long to count."""


@pytest.mark.timeout(180)  # it takes 5 s; the machine may be busy
def test_memory_stays_flat_over_ten_thousand_bad_requests(door: Door) -> None:
    assert_answered(door, WARM_UP)
    before = door.memory()
    assert_answered(door, FLOOD)
    assert door.memory() - before < GROWTH
    tried("webhook", len(dict(ROUND)))


def assert_answered(door: Door, number: int) -> None:
    """Have so many requests answered as each kind should be."""
    flood = list(islice(cycle(ROUND), number))
    assert door.say_all(said for said, _ in flood) == [status for _, status in flood]
