"""A gateway that keeps what is posted to it, and answers as it is told."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Taken(NamedTuple):
    """A webhook."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@attrs.define
class Gateway:
    """
    What was posted.

    Args:
        port: Where.
        answers: The statuses of the next answers; then 200.
        delay: How many seconds an answer takes.
        taken: The webhooks, oldest first.
    """

    port: int = 0
    answers: list[int] = attrs.field(factory=list)
    always: int = 200
    delay: float = 0.0
    taken: list[Taken] = attrs.field(factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def of(self, topic: str) -> list[Taken]:
        return [one for one in self.taken if one.path == f"/{topic}"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                request, *lines = head.decode().strip().split("\r\n")
                headers = dict(line.split(": ", 1) for line in lines)
                body = await reader.readexactly(int(headers["Content-Length"]))
                self.taken.append(Taken(request.split()[1], headers, body))
                await asyncio.sleep(self.delay)
                status = self.answers.pop(0) if self.answers else self.always
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def taking() -> AsyncIterator[Gateway]:
    """Take webhooks within the block."""
    gateway = Gateway()
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    gateway.port = server.sockets[0].getsockname()[1]
    try:
        yield gateway
    finally:
        server.close()
