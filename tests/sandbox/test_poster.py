"""A client keeps connections, and does not post on one that the server has closed."""

from __future__ import annotations

import asyncio

from referrals_sandbox.neighbours.poster import Poster

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_a_connection_that_the_server_closed_meanwhile_is_not_posted_on() -> None:
    closed = asyncio.Event()

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(ANSWER)
        writer.close()
        await writer.wait_closed()
        closed.set()

    async with await asyncio.start_server(answer_once, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client, other = [Poster(address=f"127.0.0.1:{port}", within=5) for _ in range(2)]
        assert (await client.post("/", b"{}", {})).body == b"ok"
        await closed.wait()
        # For this to be answered the loop has looked at all connections, and seen the end of one.
        assert (await other.post("/", b"{}", {})).body == b"ok"
        assert (await client.post("/", b"{}", {})).body == b"ok"
        client.close()
        other.close()
