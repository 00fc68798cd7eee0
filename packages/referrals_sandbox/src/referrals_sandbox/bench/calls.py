"""
gRPC calls that cost who makes them little: some 40 us each, where grpc.aio takes 200.

A client of gRPC would need more of a CPU than the server that is measured. This one knows one
method, and of HTTP/2 what a good answer needs; anything else ends the bench.
"""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Final, cast

from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Sequence

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GOAWAY, _WINDOW = 0, 1, 3, 4, 6, 7, 8
_END_OF_STREAM, _ACKNOWLEDGED, _END_OF_HEADERS = 1, 1, 4
_HEAD: Final = 9  # bytes before each frame: length, type, flags, stream
_PREFIX: Final = 5  # bytes before each message: whether it is compressed, its length
_SETTINGS_WANTED: Final = struct.pack(">HI", 1, 0)  # no dynamic table of headers
_ROOM: Final = struct.pack(">I", 1 << 30)  # for answers, beside the 64 KiB that are given
_METHOD_POST, _SCHEME_HTTP = b"\x83", b"\x86"  # in the static table, see RFC 7541
_WITHIN: Final = 5.0  # seconds


class Calls(asyncio.Protocol):
    """
    Calls of one method on one connection, as many at a time as are made.

    Args:
        path: The method.
        metadata: What goes along with each.
    """

    def __init__(self, path: str, metadata: Sequence[tuple[str, str]] = ()) -> None:
        fields = (
            (":path", path),
            (":authority", "bench"),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            ("grpc-timeout", f"{_WITHIN:.0f}S"),
            *metadata,
        )
        self._headers = _METHOD_POST + _SCHEME_HTTP + b"".join(_literal(*one) for one in fields)
        self._loop = asyncio.get_running_loop()
        self._unsent: list[bytes] = []
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._answers: dict[int, bytes] = {}
        self._next_stream = 1
        self._rest = b""
        self._transport: asyncio.Transport | None = None

    async def call(self, request: bytes) -> bytes:
        """
        Send a request, and return the answer.

        Raises:
            SandboxError: There is none.
        """
        if self._transport is None or self._transport.is_closing():
            raise SandboxError("a read was not answered: the connection has ended")
        stream = self._next_stream
        self._next_stream += 2
        message = struct.pack(">BI", 0, len(request)) + request
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append(
            _frame(_HEADERS, _END_OF_HEADERS, stream, self._headers)
            + _frame(_DATA, _END_OF_STREAM, stream, message)
        )
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._waiting[stream] = answer
        try:
            async with asyncio.timeout(_WITHIN):
                return await answer
        except TimeoutError as error:
            raise SandboxError(f"a read was not answered within {_WITHIN:.0f} s") from error

    def close(self) -> None:
        """End the connection."""
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Introduce ourselves."""
        self._transport = cast("asyncio.Transport", transport)
        wanted, room = _frame(_SETTINGS, 0, 0, _SETTINGS_WANTED), _frame(_WINDOW, 0, 0, _ROOM)
        self._transport.write(_PREFACE + wanted + room)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave nobody waiting."""
        for stream in [*self._waiting]:
            self._fail(stream, f"the connection ended: {exc!r}")

    def data_received(self, data: bytes) -> None:
        """Read whole frames."""
        data, at = self._rest + data, 0
        while len(data) - at >= _HEAD:
            end = at + _HEAD + int.from_bytes(data[at : at + 3])
            if end > len(data):
                break
            kind, flags = data[at + 3], data[at + 4]
            stream = int.from_bytes(data[at + 5 : at + _HEAD])
            self._frame(kind, flags, stream, data[at + _HEAD : end])
            at = end
        self._rest = data[at:]

    def _frame(self, kind: int, flags: int, stream: int, content: bytes) -> None:
        if kind == _DATA:
            self._answers[stream] = self._answers.get(stream, b"") + content
        elif kind == _HEADERS and flags & _END_OF_STREAM:
            self._end(stream, content)
        elif kind in (_SETTINGS, _PING) and not flags & _ACKNOWLEDGED:
            echoed = content if kind == _PING else b""
            self._reply(_frame(kind, _ACKNOWLEDGED, 0, echoed))
        elif kind == _RESET:
            self._fail(stream, "the call was reset")
        elif kind == _GOAWAY:
            self.close()

    def _end(self, stream: int, trailers: bytes) -> None:
        message = self._answers.pop(stream, b"")
        if not message:
            self._fail(stream, str(trailers))
        elif (answer := self._waiting.pop(stream, None)) and not answer.done():
            answer.set_result(message[_PREFIX:])

    def _fail(self, stream: int, why: str) -> None:
        if (answer := self._waiting.pop(stream, None)) and not answer.done():
            answer.set_exception(SandboxError(f"a read was not answered: {why}"))

    def _reply(self, frame: bytes) -> None:
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append(frame)

    def _send(self) -> None:
        if self._transport:
            self._transport.write(b"".join(self._unsent))
        self._unsent.clear()


def _frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    return struct.pack(">I", len(content))[1:] + struct.pack(">BBI", kind, flags, stream) + content


def _literal(name: str, value: str) -> bytes:
    """Return a header that no table holds, see RFC 7541, section 6.2.2."""
    return b"\0" + _string(name) + _string(value)


def _string(text: str) -> bytes:
    written, longest = text.encode(), 0x7F
    if len(written) < longest:
        return bytes((len(written),)) + written
    return bytes((longest, len(written) - longest)) + written  # up to 254 bytes
