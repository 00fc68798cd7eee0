"""Headers without end, or without haste, are refused by the gateway, and come to nobody."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import pytest

from tests.gateway.front import HEADERS_WITHIN

if TYPE_CHECKING:
    from tests.gateway.front import Front

HEAD: Final = b"POST /orders/create HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
FLOODS: Final = {
    "many": b"".join(b"X-%d: y\r\n" % number for number in range(200)),
    "of one name": b"X: y\r\n" * 200,
    "long ones": b"".join(b"X-%d: %s\r\n" % (number, b"y" * 1_000) for number in range(50)),
    "one long one": b"X: " + b"y" * 40_000 + b"\r\n",
    "a long name": b"X" * 40_000 + b": y\r\n",
    "signatures": b"X-Shopify-Hmac-SHA256: 3Qlz+/==\r\n" * 200,
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_of_headers_is_refused(front: Front, kind: str) -> None:
    before = len(front.webhook.received)
    assert _answer(front, HEAD + FLOODS[kind] + b"\r\n{}").split()[1] == b"431"
    assert front.webhook.received[before:] == []


def test_so_is_a_target_without_end(front: Front) -> None:
    before = len(front.webhook.received)
    answer = _answer(front, HEAD.replace(b"/orders/create", b"/orders/create?" + b"y" * 40_000))
    assert answer.split()[1] == b"431"
    assert front.webhook.received[before:] == []


def test_headers_that_trickle_are_not_waited_for(front: Front) -> None:
    begun, before = time.monotonic(), len(front.webhook.received)
    with _connected(front) as connection:
        connection.sendall(HEAD)
        connection.settimeout(HEADERS_WITHIN / 10)
        heard = b""
        for number in range(100):
            with suppress(TimeoutError):
                heard = connection.recv(100)
                break
            connection.sendall(b"X-%d: y\r\n" % number)
    assert heard.startswith(b"HTTP/1.1 408 ")
    # A timer may end a millisecond early, and the machine may be busy.
    assert HEADERS_WITHIN - 0.001 <= time.monotonic() - begun < 2
    assert front.webhook.received[before:] == []


def _connected(front: Front) -> socket.socket:
    host, _, port = front.address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=5)


def _answer(front: Front, said: bytes) -> bytes:
    with _connected(front) as connection:
        with suppress(ConnectionError):  # it need not be read to its end
            connection.sendall(said)
        return connection.makefile("rb").readline()
