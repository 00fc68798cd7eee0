"""What Shopify sends comes to the webhook service as it was sent."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from tests.gateway.front import Front
    from tests.gateway.upstreams import Request

BODY: Final = b'\xef\xbb\xbf {"id": 1, "name": "\xc3\xa9\xff\x00\x80"}\r\n'
SENT: Final = [
    (b"Host", b"hooks.shop.example"),
    (b"User-Agent", b"Shopify-Captain-Hook"),
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"gzip;q=1.0,deflate;q=0.6,identity;q=0.3"),
    (b"Content-Type", b"application/json"),
    (b"X-Shopify-Topic", b"orders/create"),
    (b"X-SHOPIFY-HMAC-SHA256", b"3Qlz+/=="),
    (b"x-Shopify-hmac-sHa256", b"another"),
    (b"X-Shopify-Shop-Domain", b"shop.myshopify.com"),
    (b"X-Shopify-API-Version", b"2026-10"),
    (b"X-Shopify-Webhook-Id", b"b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"),
    (b"X-Shopify-Event-Id", b"98880550-7158-44d4-b7cd-2c97c8a091b5"),
    (b"X-Shopify-Triggered-At", b"2026-11-25T17:00:00.123456789Z"),
    (b"X-Shopify-Order-Id", b"6200407294252"),
    (b"X-Shopify-Test", b"caf\xe9 \xff"),
    (b"X-Request-Id", b"Shopify's own"),
    (b"Traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
]
ADDED: Final = [b"x-forwarded-for", b"x-forwarded-proto"]
"""All that the gateway adds."""


def sent(front: Front, *headers: tuple[bytes, bytes], body: bytes) -> tuple[bytes, list[Request]]:
    """Send a request; return the first line of the answer, and what came through."""
    lines = (b"%s: %s\r\n" % header for header in (*SENT, *headers))
    request = b"POST /orders/create?a=%2f&a HTTP/1.1\r\n" + b"".join(lines) + b"\r\n" + body
    before = len(front.webhook.received)
    host, _, port = front.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request)
        answer = connection.makefile("rb").readline()
    return answer, front.webhook.received[before:]


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ((b"Content-Length", b"%d" % len(BODY)), BODY),
        (
            (b"Transfer-Encoding", b"chunked"),
            b"5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (BODY[:5], len(BODY) - 5, BODY[5:]),
        ),
    ],
)
def test_headers_and_body_keep_their_bytes(
    front: Front, header: tuple[bytes, bytes], body: bytes
) -> None:
    steering = [(b"X-Envoy-Max-Retries", b"9"), (b"X-Envoy-Retry-On", b"5xx")]
    answer, (came,) = sent(front, header, *steering, body=body)
    assert answer == b"HTTP/1.1 200 OK\r\n"
    assert came.line == b"POST /orders/create?a=%2f&a HTTP/1.1\r\n"
    assert came.body == BODY
    added = [(name, value) for name, value in came.headers if name in ADDED]
    assert sorted(name for name, _ in added) == ADDED
    known = [(name.lower(), value) for name, value in SENT]  # case means nothing in HTTP
    length = (b"content-length", b"%d" % len(BODY))
    assert sorted(came.headers) == sorted([*known, length, *added])


@pytest.mark.parametrize(
    "headers",
    [
        [(b"Content-Length", b"5"), (b"Transfer-Encoding", b"chunked")],
        [(b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"5")],
        [(b"Content-Length", b"5"), (b"Content-Length", b"6")],
        [(b"Content-Length", b"+5")],
        [(b"Transfer-Encoding", b"chunked, identity")],
        [(b"Transfer-Encoding", b"\x0bchunked")],
        [(b"Content-Length ", b"5")],
    ],
)
def test_a_body_of_two_lengths_comes_to_nobody(
    front: Front, headers: list[tuple[bytes, bytes]]
) -> None:
    answer, came = sent(front, *headers, body=b"0\r\n\r\nPOST /orders/paid HTTP/1.1\r\n\r\n")
    assert answer.split()[1] in {b"400", b"501"}
    assert came == []
