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
        delays: How many seconds the next answers take; then none.
        refused: The paths that are answered 500.
        taken: The webhooks, oldest first.
        answering: Whether they are answered; until it is set they wait.
    """

    port: int = 0
    answers: list[int] = attrs.field(factory=list)
    delays: list[float] = attrs.field(factory=list)
    refused: list[str] = attrs.field(factory=list)
    taken: list[Taken] = attrs.field(factory=list)
    answering: asyncio.Event = attrs.field(factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def of(self, topic: str) -> list[Taken]:
        return [one for one in self.taken if one.path == f"/{topic}"]

    def _status(self, path: str) -> int:
        if path in self.refused:
            return 500
        return self.answers.pop(0) if self.answers else 200

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                request, *lines = head.decode().strip().split("\r\n")
                headers = dict(line.split(": ", 1) for line in lines)
                body = await reader.readexactly(int(headers["Content-Length"]))
                taken = Taken(request.split()[1], headers, body)
                self.taken.append(taken)
                await self.answering.wait()
                await asyncio.sleep(self.delays.pop(0) if self.delays else 0)
                status = self._status(taken.path)
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
    gateway.answering.set()
    gateway.port = server.sockets[0].getsockname()[1]
    try:
        yield gateway
    finally:
        server.close()
