"""HTTP/2 by hand, because a client's library would not write what these tests must."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Sequence

Field: TypeAlias = tuple[bytes, bytes]

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
_END_STREAM, _END_HEADERS = 1, 4
_STREAM: Final = 1
_HEAD: Final = 9
_LONGEST: Final = 127
"""Of a length that takes one byte."""


class Frame(NamedTuple):
    """A frame as it came."""

    kind: int
    stream: int
    payload: bytes


def request(fields: Iterable[Field], body: bytes) -> bytes:
    """Return the bytes of a connection that makes one request, whatever is in its fields."""
    return b"".join(
        (
            PREFACE,
            _frame(SETTINGS, 0, 0, b""),
            _frame(HEADERS, _END_HEADERS, _STREAM, b"".join(_literal(*one) for one in fields)),
            _frame(DATA, _END_STREAM, _STREAM, body),
        )
    )


def answered(connection: socket.socket) -> Sequence[Frame]:
    """Return the frames that came until the request's fate is known: answered, reset or gone."""
    frames: list[Frame] = []
    stream = connection.makefile("rb")
    while len(head := stream.read(_HEAD)) == _HEAD:
        length, number = int.from_bytes(head[:3]), int.from_bytes(head[5:])
        kind = head[3]
        frames.append(Frame(kind, number, stream.read(length)))
        if kind in {RST_STREAM, GOAWAY} or (kind == HEADERS and number == _STREAM):
            break
    return frames


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def _literal(name: bytes, value: bytes) -> bytes:
    """Write a field as it is: neither indexed nor by Huffman's code (RFC 7541, 6.2.2)."""
    return b"\0" + _text(name) + _text(value)


def _text(text: bytes) -> bytes:
    if len(text) < _LONGEST:
        return bytes((len(text),)) + text
    rest, more = len(text) - _LONGEST, bytearray((_LONGEST,))
    while rest > _LONGEST:
        more.append(rest % 128 + 128)
        rest //= 128
    return bytes((*more, rest)) + text
