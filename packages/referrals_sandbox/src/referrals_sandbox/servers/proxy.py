"""An address that leads to one server now, to another later, and does what networks do."""

from __future__ import annotations

import asyncio
import socket
import struct
from abc import abstractmethod
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from referrals_sandbox.servers.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST and forgets what was unsent


class Cut(Exception):
    """
    The connection ends now.

    Args:
        last: What still reaches the client.
        by_reset: Whether the client is told so by a reset, and not by an end of the stream.
    """

    def __init__(self, last: bytes = b"", *, by_reset: bool = False) -> None:
        super().__init__()
        self.last = last
        self.by_reset = by_reset


class Weather(Protocol):
    """What befalls a connection's bytes; one object for each connection."""

    @abstractmethod
    async def request(self, sent: bytes) -> bytes:
        """
        Return what the server gets of what a client sent.

        Raises:
            Cut: The connection ends.
        """

    @abstractmethod
    async def reply(self, sent: bytes) -> bytes:
        """
        Return what the client gets of what the server sent.

        Raises:
            Cut: The connection ends.
        """


class Fair(Weather):
    """Nothing befalls them."""

    async def request(self, sent: bytes) -> bytes:
        """Return all of it."""
        return sent

    async def reply(self, sent: bytes) -> bytes:
        """Return all of it."""
        return sent


@attrs.define(eq=False)
class Joint:
    """
    A client and the server, joined.

    Args:
        client: What the client hears.
        server: What the server hears.
        weather: What befalls the bytes between them.
    """

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    weather: Weather

    def end(self, cut: BaseException) -> None:
        """End it as the weather would have it."""
        if isinstance(cut, Cut):
            self.client.write(cut.last)
            self.cut(by_reset=cut.by_reset)

    def cut(self, *, by_reset: bool) -> None:
        """End it on both sides."""
        if by_reset and not self.client.is_closing():  # its socket is open
            client = self.client.get_extra_info("socket")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.client.transport.abort()
        self.client.close()
        self.server.transport.abort()


@attrs.define
class Address:
    """
    An address that leads to a server.

    Args:
        leads_to: The port of the server; connections that are open stay where they are.
        host: Where the server is.
        port: The address's own port.
        is_open: Whether new connections are taken.
        weather: Makes the weather of a new connection.
    """

    leads_to: int
    host: str = LOOPBACK
    port: int = 0
    is_open: bool = True
    weather: Callable[[], Weather] = Fair
    joints: set[Joint] = attrs.field(factory=set, init=False)
    _joined: set[asyncio.Task[Any]] = attrs.field(factory=set, init=False)

    def change(self, weather: Callable[[], Weather]) -> None:
        """Have another weather on every connection, those that are open included."""
        self.weather = weather
        for joint in self.joints:
            joint.weather = weather()

    async def end(self) -> None:
        """End every connection; return when all have ended."""
        for joint in self.joints:
            joint.cut(by_reset=False)
        for task in self._joined:
            task.cancel()
        if self._joined:
            await asyncio.wait(self._joined)

    def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join a client with the server, until one of them leaves or the address ends."""
        if not self.is_open:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._join(reader, writer))
        self._joined.add(task)
        task.add_done_callback(self._joined.discard)

    def told(self, reply: bytes) -> bytes:
        """Return what the client is told of what the server replied."""
        return reply

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there, back = await asyncio.open_connection(self.host, self.leads_to)
            joint = Joint(client=writer, server=back, weather=self.weather())
            self.joints.add(joint)
            try:
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(_requests(reader, joint))
                    ways.create_task(self._replies(there, joint))
            except* Cut as cuts:
                for cut in cuts.exceptions:
                    joint.end(cut)
            finally:
                self.joints.discard(joint)
        writer.close()

    async def _replies(self, server: asyncio.StreamReader, joint: Joint) -> None:
        with suppress(OSError):
            while sent := await server.read(_CHUNK):
                joint.client.write(await joint.weather.reply(self.told(sent)))
                await joint.client.drain()
        joint.client.close()


@attrs.define
class KafkaAddress(Address):
    """An address that leads to a broker, which is told to clients in place of the broker's own."""

    def told(self, reply: bytes) -> bytes:
        """Replace the broker's port wherever it follows its host, as in answers on metadata."""
        own, other = (
            self.host.encode() + port.to_bytes(4, "big") for port in (self.leads_to, self.port)
        )
        return reply.replace(own, other)


@asynccontextmanager
async def leading_to(
    port: int, host: str = LOOPBACK, kind: type[Address] = Address
) -> AsyncIterator[Address]:
    """Open such an address within the block."""
    address = kind(port, host)
    server = await asyncio.start_server(address.connect, LOOPBACK, 0)
    address.port = server.sockets[0].getsockname()[1]
    try:
        yield address
    finally:
        server.close()
        await address.end()


async def _requests(client: asyncio.StreamReader, joint: Joint) -> None:
    with suppress(OSError):
        while sent := await client.read(_CHUNK):
            joint.server.write(await joint.weather.request(sent))
            await joint.server.drain()
    joint.server.close()
