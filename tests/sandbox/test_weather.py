"""What befalls the bytes of a connection, and which connections count as struck."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from referrals_sandbox.chaos import weather
from referrals_sandbox.chaos.weather import Bad, Struck
from referrals_sandbox.neighbours.poster import NoAnswer, Poster
from referrals_sandbox.servers.proxy import Address, leading_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers every POST, and counts those that arrived."""

    def __init__(self) -> None:
        self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65_536):
            self.requests += 1
            writer.write(ANSWER)
        writer.close()


@asynccontextmanager
async def path() -> AsyncIterator[tuple[Server, Address, Poster]]:
    """A server, an address before it, and a client who has been there."""
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with leading_to(listening.sockets[0].getsockname()[1]) as address:
        client = Poster(address=f"127.0.0.1:{address.port}", within=0.6)
        assert (await client.post("/", b"{}", {})).body == b"ok"
        yield server, address, client
        client.close()
    listening.close()
    await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("kind", "arrived"),
    [
        (weather.BlackHole, 1),
        (weather.Reset, 1),
        (weather.SlowClose, 1),
        (weather.CutAnswer, 2),
        (weather.ReplyLost, 2),
    ],
)
async def test_a_call_in_bad_weather_fails_and_is_counted(kind: type[Bad], arrived: int) -> None:
    async with path() as (server, address, client):
        struck = Struck()
        address.change(lambda: kind(struck))

        with pytest.raises(NoAnswer):
            await client.post("/", b"{}", {})

        assert struck.connections == 1
        assert server.requests == arrived


async def test_latency_delays_and_spoils_nothing() -> None:
    async with path() as (_, address, client):
        struck = Struck()
        address.change(lambda: weather.Latency(struck))

        assert (await client.post("/", b"{}", {})).status == 200

        (joint,) = address.joints
        assert struck.connections == 1
        assert isinstance(joint.weather, Bad)
        assert not joint.weather.is_spoilt


async def test_only_the_reply_to_a_commit_is_lost() -> None:
    async with path() as (server, address, client):
        struck = Struck()
        address.change(lambda: weather.CommitReplyLost(struck))

        assert (await client.post("/", b"SELECT 1;", {})).status == 200
        assert struck.connections == 0
        with pytest.raises(NoAnswer):
            await client.post("/", b"COMMIT;", {})

        assert struck.connections == 1
        assert server.requests == 3


async def test_weather_that_meets_nobody_strikes_nobody() -> None:
    async with path() as (_, address, _):
        struck = Struck()
        address.change(lambda: weather.Reset(struck))

        assert struck.connections == 0


async def test_an_address_that_is_closed_takes_nobody() -> None:
    async with path() as (_, address, client):
        address.is_open = False
        await address.end()
        client.close()  # so that it comes anew

        with pytest.raises(NoAnswer):
            await client.post("/", b"{}", {})
