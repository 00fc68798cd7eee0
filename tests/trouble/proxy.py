"""An address that leads to one server now, and to another, or nowhere, later."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

_CHUNK = 65_536


@attrs.define
class Address:
    """
    An address that leads to a server.

    Args:
        leads_to: The port of the server; connections that are open stay where they are.
        port: The address's own port.
        swallows: Whether nothing arrives any more, either way, not even that the other has left.
    """

    leads_to: int
    port: int = 0
    swallows: bool = False
    _open: dict[asyncio.Task[Any], list[asyncio.StreamWriter]] = attrs.field(
        factory=dict, init=False
    )

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join a client with the server, until one of them leaves."""
        task = asyncio.current_task()
        assert task
        ends = self._open[task] = [writer]
        with suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", self.leads_to)
            ends.append(back)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pass_on(reader, back))
                ways.create_task(self._pass_on(there, writer))
        _close(ends)
        del self._open[task]

    async def close(self) -> None:
        """Have everybody leave."""
        _close(end for ends in self._open.values() for end in ends)
        await asyncio.gather(*self._open)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while received := await reader.read(_CHUNK):
                if not self.swallows:
                    writer.write(received)
                    await writer.drain()
        if not self.swallows:
            writer.close()


@asynccontextmanager
async def leading_to(port: int) -> AsyncIterator[Address]:
    """Open such an address within the block."""
    address = Address(port)
    server = await asyncio.start_server(address.connect, "127.0.0.1", 0)
    address.port = server.sockets[0].getsockname()[1]
    try:
        yield address
    finally:
        server.close()
        await address.close()


def _close(ends: Iterable[asyncio.StreamWriter]) -> None:
    for end in ends:
        end.close()
