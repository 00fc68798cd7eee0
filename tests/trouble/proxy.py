"""An address that leads to one server now, and to another later."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_CHUNK = 65_536


@attrs.define
class Address:
    """
    An address that leads to a server.

    Args:
        leads_to: The port of the server; connections that are open stay where they are.
        port: The address's own port.
    """

    leads_to: int
    port: int = 0

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join a client with the server, until one of them leaves."""
        with suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", self.leads_to)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(_pass_on(reader, back))
                ways.create_task(_pass_on(there, writer))
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


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while received := await reader.read(_CHUNK):
            writer.write(received)
            await writer.drain()
    writer.close()
