"""
HTTP, as much of it as a POST needs.

httpx looks at every connection of its pool for every request: with the 200 that there are while
servers are away, it took a whole CPU for 60 requests a second (0.28, November 2026).
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import attrs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

_Connection: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Answer(NamedTuple):
    """The status and the body of an answer."""

    status: int
    body: bytes


class NoAnswer(Exception):
    """The connection failed, or the time was up; whether the request arrived is unknown."""


@attrs.define(kw_only=True)
class Poster:
    """
    Posts to one server, on as many connections as it needs.

    Args:
        address: `host:port`.
        within: How long an answer may take, in seconds.
        connect_within: How long of this a connection may take to open; None: all of it.
    """

    address: str
    within: float
    connect_within: float | None = None
    _idle: list[_Connection] = attrs.field(factory=list, init=False)

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """
        Post, once.

        Raises:
            NoAnswer: There is none, or none in time.
        """
        try:
            async with asyncio.timeout(self.within), self._connection() as (reader, writer):
                writer.write(self._request(path, body, headers))
                return await _answer(reader)
        except (OSError, EOFError, ValueError) as error:
            raise NoAnswer(path) from error

    def close(self) -> None:
        """Close every connection that is not in use."""
        while self._idle:
            self._idle.pop()[1].close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Connection]:
        """Use a connection within the block; one that failed is not used again."""
        connection = self._still_open() or await self._connect()
        try:
            yield connection
        except BaseException:
            connection[1].close()
            raise
        self._idle.append(connection)

    def _still_open(self) -> _Connection | None:
        """Return an idle connection, unless the server has closed them all meanwhile."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not (reader.at_eof() or writer.is_closing()):
                return reader, writer
            writer.close()
        return None

    async def _connect(self) -> _Connection:
        host, _, port = self.address.rpartition(":")
        async with asyncio.timeout(self.connect_within):
            return await asyncio.open_connection(host, int(port))

    def _request(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        lines = [f"POST {path} HTTP/1.1", f"Host: {self.address}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    return Answer(
        int(head[0].split()[1]), await reader.readexactly(int(headers["content-length"]))
    )
