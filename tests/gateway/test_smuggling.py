"""
The webhook service sees no request that the gateway did not: Envoy as it is in production, and
the real http role behind it.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Final

import attrs
import pytest
import pytest_asyncio
from dependency_injector.providers import Callable, Object
from starlette.types import ASGIApp

from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.testing.memory.intake import InMemoryIntake
from referrals_domain.testing.memory.store import InMemoryStore
from referrals_sandbox.servers import envoy
from referrals_sandbox.servers.ports import free_port
from referrals_sandbox.servers.supervisor import supervising
from referrals_webhook.container.http import HttpContainer
from tests.gateway import http2
from tests.tally import tried
from tests.webhook.orders import SECRET
from tests.webhook.served import served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUIET: Final = 0.3  # seconds without a byte, after which nothing more comes

HIDDEN: Final = b"POST /orders/paid?000 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
"""The request that only one of the two is to see."""

CHUNKED_HIDDEN: Final = b"0\r\n\r\n" + HIDDEN
AS_A_CHUNK: Final = b"%x\r\n%s\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)
LONG: Final = b"Content-Length: %d" % len(CHUNKED_HIDDEN)
CHUNKED: Final = b"Transfer-Encoding: chunked"


def first(*lines: bytes, target: bytes = b"/orders/create?000", version: bytes = b"1.1") -> bytes:
    """Return the head of the request that both are to see."""
    start = b"POST %s HTTP/%s" % (target, version)
    return b"\r\n".join((start, b"Host: x", b"Content-Type: application/json", *lines, b"", b""))


LENGTHS: Final[dict[str, bytes]] = {
    "CL.TE": first(LONG, CHUNKED) + CHUNKED_HIDDEN,
    "TE.CL": first(CHUNKED, b"Content-Length: 4") + AS_A_CHUNK,
    "two lengths": first(b"Content-Length: 2", LONG) + CHUNKED_HIDDEN,
    "two lengths, the long one first": first(LONG, b"Content-Length: 2") + CHUNKED_HIDDEN,
    **{
        f"Content-Length {value!r}": first(b"Content-Length: " + value) + CHUNKED_HIDDEN
        for value in (
            *(b"2, 2", b"2,70", b"+2", b"-2", b"0x2", b"2 2", b"2;", b"2.0", b"2e0", b"\x0b2"),
            *(b"", b"\xb2", b"18446744073709551618", b"4294967298", b"2\x00", b"two"),
        )
    },
    "TE.TE, twice": first(CHUNKED, b"Transfer-Encoding: cow", LONG) + CHUNKED_HIDDEN,
    **{
        f"TE.TE {line!r}": first(line, LONG) + CHUNKED_HIDDEN
        for line in (
            *(b"Transfer-Encoding: xchunked", b"Transfer-Encoding : chunked"),
            *(b"Transfer-Encoding:\tchunked", b"Transfer-Encoding: \x0bchunked"),
            *(b"Transfer-Encoding: chunked, cow", b"Transfer-Encoding: cow, chunked"),
            *(b"Transfer-Encoding: identity, chunked", b"Transfer-Encoding: chunked, identity"),
            *(b'Transfer-Encoding: "chunked"', b"Transfer-Encoding: chunked;q=1"),
            *(b"Transfer-Encoding: CHUNKED", b"Transfer-Encoding: ch\xc3\xbcnked"),
            *(b"Transfer-Encoding:\r\n chunked", b"Transfer-Encoding\r\n: chunked"),
            *(b"X: y\nTransfer-Encoding: chunked", b"X: y\rTransfer-Encoding: chunked"),
            *(b" Transfer-Encoding: chunked", b"Transfer_Encoding: chunked"),
            *(b"Transfer-Encoding: chunked\x00", b"\x00Transfer-Encoding: chunked"),
            *(b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding:"),
        )
    },
    **{
        f"chunk {size!r}": first(CHUNKED) + size + b"\r\n{}\r\n" + CHUNKED_HIDDEN
        for size in (
            *(b"0x2", b"+2", b"-2", b"2 ", b" 2", b"2;a=b", b'2;a="\r\n"', b"2\x00", b"g"),
            *(b"10000000000000002", b"ffffffffffffffff", b"2\n", b"", b"02"),
        )
    },
    "a chunk that ends otherwise": first(CHUNKED) + b"2\r\n{}XX" + CHUNKED_HIDDEN,
    "a chunk that ends in a line feed": first(CHUNKED) + b"2\n{}\n0\n\n" + HIDDEN,
    "a trailer": first(CHUNKED) + b"2\r\n{}\r\n0\r\nContent-Length: 70\r\n\r\n" + HIDDEN,
}
"""Bodies of which it can be argued where they end."""

FORMS: Final[dict[str, bytes]] = {
    "another host's": first(LONG, target=b"http://evil.example/orders/create?000")
    + CHUNKED_HIDDEN,
    "with a request in the target": first(
        LONG, target=b"/orders/create?000 HTTP/1.1\r\nX: y\r\n\r\n" + HIDDEN
    ),
    "another request behind a bare line feed": first(
        LONG, target=b"/orders/create?000\n" + HIDDEN
    ),
    "HTTP/1.0 in chunks": first(CHUNKED, version=b"1.0") + CHUNKED_HIDDEN,
    "HTTP/1.0": first(LONG, version=b"1.0") + CHUNKED_HIDDEN,
    "HTTP/0.9": b"POST /orders/create?000\r\n" + HIDDEN,
    "HTTP/1.2": first(LONG, version=b"1.2") + CHUNKED_HIDDEN,
    "a length that one hop is to drop": first(b"Connection: Content-Length", LONG)
    + CHUNKED_HIDDEN,
    "chunks that one hop is to drop": first(b"Connection: Transfer-Encoding", CHUNKED)
    + CHUNKED_HIDDEN.replace(HIDDEN, b""),
    "an upgrade to HTTP/2": first(
        b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk", LONG
    )
    + CHUNKED_HIDDEN,
    "an upgrade to a socket": first(b"Connection: Upgrade", b"Upgrade: websocket", LONG)
    + CHUNKED_HIDDEN,
    "a tunnel": b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n" + HIDDEN,
    "a body to wait for": first(b"Expect: 100-continue", LONG) + CHUNKED_HIDDEN,
    "a GET with a body": first(LONG).replace(b"POST", b"GET", 1) + CHUNKED_HIDDEN,
    "a HEAD with a body": first(LONG).replace(b"POST", b"HEAD", 1) + CHUNKED_HIDDEN,
    "folded": first(b"X: y\r\n " + CHUNKED, LONG) + CHUNKED_HIDDEN,
    "a nameless header": first(b": y", LONG) + CHUNKED_HIDDEN,
}
"""Requests of other forms."""

_GOOD: Final = (
    (b":method", b"POST"),
    (b":scheme", b"http"),
    (b":authority", b"x"),
    (b":path", b"/orders/create?000"),
)
_SPLIT: Final = b"y\r\nContent-Length: 0\r\n\r\n" + HIDDEN


def _but(name: bytes, value: bytes) -> list[http2.Field]:
    return [(one, value if one == name else own) for one, own in _GOOD]


DOWNGRADED: Final[dict[str, tuple[list[http2.Field], bytes]]] = {
    "a line end in a value": ([*_GOOD, (b"x", _SPLIT)], b"{}"),
    "a line feed in a value": ([*_GOOD, (b"x", _SPLIT.replace(b"\r", b""))], b"{}"),
    "a carriage return in a value": ([*_GOOD, (b"x", _SPLIT.replace(b"\n", b""))], b"{}"),
    "a line end in a name": ([*_GOOD, (b"x: " + _SPLIT, b"y")], b"{}"),
    "a colon in a name": ([*_GOOD, (b"transfer-encoding: chunked", b"y")], CHUNKED_HIDDEN),
    "a blank in a name": ([*_GOOD, (b"transfer-encoding ", b"chunked")], CHUNKED_HIDDEN),
    "capitals": ([*_GOOD, (b"Transfer-Encoding", b"chunked")], CHUNKED_HIDDEN),
    "chunks": ([*_GOOD, (b"transfer-encoding", b"chunked")], CHUNKED_HIDDEN),
    "a hop's header": ([*_GOOD, (b"connection", b"transfer-encoding")], CHUNKED_HIDDEN),
    "an upgrade": ([*_GOOD, (b"upgrade", b"h2c"), (b"connection", b"upgrade")], HIDDEN),
    "no length where there is a body": ([*_GOOD, (b"content-length", b"0")], HIDDEN),
    "a short length": ([*_GOOD, (b"content-length", b"2")], b"{}" + HIDDEN),
    "a long length": ([*_GOOD, (b"content-length", b"999")], HIDDEN),
    "two lengths": (
        [*_GOOD, (b"content-length", b"2"), (b"content-length", b"72")],
        b"{}" + HIDDEN,
    ),
    "a request in the path": (
        _but(b":path", b"/orders/create?000 HTTP/1.1\r\n\r\n" + HIDDEN),
        b"{}",
    ),
    "a blank in the path": (_but(b":path", b"/orders/create?000 HTTP/1.1"), b"{}"),
    "a request in the method": (_but(b":method", HIDDEN + b"POST"), b"{}"),
    "a blank in the method": (_but(b":method", b"POST /orders/paid?000 HTTP/1.1"), b"{}"),
    "a line end in the host": (_but(b":authority", b"x\r\n\r\n" + HIDDEN), b"{}"),
    "a line end in the scheme": (_but(b":scheme", b"http\r\n\r\n" + HIDDEN), b"{}"),
    "a second path": ([*_GOOD, (b":path", b"/orders/paid?000")], b"{}"),
    "a path behind a header": ([*_GOOD[:3], (b"x", b"y"), _GOOD[3]], b"{}"),
    "a null in a value": ([*_GOOD, (b"x", b"y\x00")], b"{}"),
}
"""Requests by HTTP/2, which the gateway passes on by HTTP/1.1."""


@attrs.frozen
class Role:
    """
    The http role, and what it sees.

    Args:
        app: What it does with it.
        seen: The paths of requests, by the number in their query.
    """

    app: ASGIApp
    seen: dict[bytes, list[str]] = attrs.field(factory=lambda: defaultdict(list))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen[scope["query_string"]].append(scope["path"])
        await self.app(scope, receive, send)


@attrs.frozen
class Behind:
    """
    The role behind the gateway.

    Args:
        role: The role.
        address: Where the gateway listens.
    """

    role: Role
    address: tuple[str, int]
    _numbers: Iterator[int] = attrs.field(factory=lambda: count(1), init=False)

    async def saw(self, said: bytes, *, by_http2: bool = False) -> tuple[list[str], list[bytes]]:
        """Say something to the gateway; return what the role saw, and how it was answered."""
        number = b"%03d" % next(self._numbers)
        said = said.replace(b"?000", b"?" + number)
        heard = await asyncio.to_thread(self._told, said, by_http2=by_http2)
        statuses = re.findall(rb"HTTP/1\.1 (\d+) ", heard)
        return self.role.seen[number], [one for one in statuses if one != b"100"]

    def _told(self, said: bytes, *, by_http2: bool) -> bytes:
        heard = b""
        with socket.create_connection(self.address, timeout=5) as connection:
            connection.sendall(said)
            if by_http2:
                http2.answered(connection)
            connection.settimeout(QUIET)
            with suppress(TimeoutError, ConnectionError):
                while part := connection.recv(65536):
                    heard += part
        return heard


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def behind() -> AsyncIterator[Behind]:
    begin = InMemoryStore().begin
    container = HttpContainer(
        metrics=Metrics(),
        secrets=(SECRET,),
        begin=Callable(begin),
        intake=Object(InMemoryIntake(begin)),
    )
    role = Role(container.app())
    container.app.override(Object(role))
    async with served(container) as http:
        with supervising() as supervisor:
            away, webhook = f"127.0.0.1:{free_port()}", str(http.address)
            gateway = await asyncio.to_thread(
                envoy.start, supervisor, grpc=away, webhook=webhook, port=None
            )
            host, _, port = gateway.url.removeprefix("http://").rpartition(":")
            yield Behind(role, (host, int(port)))


async def test_a_plain_request_is_seen(behind: Behind) -> None:
    """By either version: else nothing below would be proved."""
    seen, statuses = await behind.saw(first(b"Content-Length: 2") + b"{}")
    assert (seen, statuses) == (["/orders/create"], [b"401"])
    fields = [*_GOOD, (b"content-type", b"application/json")]
    seen, _ = await behind.saw(http2.request(fields, b"{}"), by_http2=True)
    assert seen == ["/orders/create"]


async def test_two_requests_in_a_row_are_two_to_both(behind: Behind) -> None:
    seen, statuses = await behind.saw(first(b"Content-Length: 2") + b"{}" + HIDDEN)
    assert (seen, len(statuses)) == (["/orders/create", "/orders/paid"], 2)


async def test_no_request_is_hidden_in_another(behind: Behind) -> None:
    """Who sees two answered two: the gateway gives each of its requests one answer."""
    kinds = LENGTHS | FORMS
    found = await asyncio.gather(*map(behind.saw, kinds.values()))
    for kind, (seen, statuses) in zip(kinds, found, strict=True):
        assert len(seen) <= len(statuses), kind
    assert sum(bool(seen) for seen, _ in found) > 10
    assert sum(not seen for seen, _ in found) > 30
    tried("webhook", len(kinds))


async def test_nor_in_one_by_http2(behind: Behind) -> None:
    requests = [http2.request(*one) for one in DOWNGRADED.values()]
    found = await asyncio.gather(*(behind.saw(one, by_http2=True) for one in requests))
    for kind, (seen, _) in zip(DOWNGRADED, found, strict=True):
        assert seen in ([], ["/orders/create"]), kind
    tried("webhook", len(requests))
