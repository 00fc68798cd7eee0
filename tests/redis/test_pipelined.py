"""Reads over one connection: together, in order, and never for somebody else."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_adapters.redis.pipelined import PipelinedReads, open_reads
from referrals_adapters.redis.settings import RedisSettings
from referrals_domain.errors import Unavailable
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from redis.asyncio import Redis

AMPLE: Final = 10.0
SOON: Final = 0.05


@attrs.define
class Scripted:
    """
    A server that says what a test has it say.

    Args:
        asked: What each connection has sent, chunk by chunk.
    """

    port: int = 0
    asked: list[list[bytes]] = attrs.field(factory=list)
    _writers: list[asyncio.StreamWriter] = attrs.field(factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Note what is asked."""
        self._writers.append(writer)
        self.asked.append([])
        heard = self.asked[-1]
        while chunk := await reader.read(65_536):
            heard.append(chunk)
        writer.close()

    async def say(self, answer: bytes, *, connection: int = 0) -> None:
        """Send an answer."""
        self._writers[connection].write(answer)
        await self._writers[connection].drain()

    async def heard(self, questions: int, *, connection: int = 0) -> None:
        """Return once a connection has asked so much."""

        async def enough() -> bool:
            chunks = self.asked[connection] if len(self.asked) > connection else []
            return b"".join(chunks).count(b"GET") >= questions

        await until(enough)


@pytest.fixture
async def scripted() -> AsyncIterator[Scripted]:
    server = Scripted()
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


@asynccontextmanager
async def reading(server: Scripted) -> AsyncIterator[PipelinedReads]:
    async with open_reads(RedisSettings(host="127.0.0.1", port=server.port)) as reads:
        yield reads


@asynccontextmanager
async def asking(
    reads: PipelinedReads, *names: str, within: float = AMPLE
) -> AsyncIterator[list[asyncio.Task[bytes]]]:
    tasks = [asyncio.create_task(reads.get(name, within)) for name in names]
    yield tasks
    for task in tasks:
        task.cancel()


async def test_what_is_asked_in_one_turn_is_sent_at_once(scripted: Scripted) -> None:
    async with reading(scripted) as reads, asking(reads, "one") as first:
        await scripted.heard(1)
        await scripted.say(b"$1\r\n1\r\n")
        assert await first[0] == b"1"
        names = [f"{number:03}" for number in range(100)]
        async with asking(reads, *names) as tasks:
            await scripted.heard(101)
            await scripted.say(b"".join(b"$3\r\n%03d\r\n" % number for number in range(100)))
            assert await asyncio.gather(*tasks) == [name.encode() for name in names]
    (chunks,) = scripted.asked
    assert len(chunks) == 2


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        (b"$-1\r\n", b""),
        (b"$0\r\n\r\n", b""),
        (b"$6\r\n\r\nv\r\n|\r\n", b"\r\nv\r\n|"),
        (b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", b""),
        (b"-LOADING Redis is loading the dataset in memory\r\n", b""),
        (b"-MOVED 3999 127.0.0.1:6381\r\n", b""),
        (b"-MASTERDOWN Link with MASTER is down\r\n", b""),
    ],
)
async def test_an_answer_is_read_in_however_many_parts_it_comes(
    scripted: Scripted, answer: bytes, read: bytes
) -> None:
    async with reading(scripted) as reads:
        for number, size in enumerate((1, 2, len(answer) + 8), start=1):
            async with asking(reads, "one", "two") as tasks:
                await scripted.heard(2 * number)
                both = answer + b"$4\r\nlast\r\n"
                for at in range(0, len(both), size):
                    await scripted.say(both[at : at + size])
                    await asyncio.sleep(0)
                assert await asyncio.gather(*tasks) == [read, b"last"]


async def test_who_gave_up_leaves_no_answer_to_others(scripted: Scripted) -> None:
    async with reading(scripted) as reads:
        async with asking(reads, "late", within=SOON) as (late,), asking(reads, "left") as (left,):
            await scripted.heard(2)
            left.cancel()
            with pytest.raises(Unavailable):
                await late
        async with asking(reads, "third") as (third,):
            await scripted.heard(3)
            await scripted.say(b"$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n")
            assert await third == b"3"
    assert len(scripted.asked) == 1


async def test_a_time_that_ends_sooner_counts_though_others_have_more(
    scripted: Scripted,
) -> None:
    async with reading(scripted) as reads, asking(reads, "patient") as (patient,):
        await scripted.heard(1)
        async with asyncio.timeout(AMPLE / 2):
            with pytest.raises(Unavailable):
                await reads.get("hasty", SOON)
        assert not patient.done()


async def test_a_connection_that_says_nothing_for_long_is_given_up(scripted: Scripted) -> None:
    async with reading(scripted) as reads:

        async def asks_elsewhere() -> bool:
            with pytest.raises(Unavailable):
                await reads.get("any", SOON)
            return len(scripted.asked) > 1

        await until(asks_elsewhere)


async def test_what_is_no_answer_ends_the_connection_and_the_next_read_has_another(
    scripted: Scripted,
) -> None:
    async with reading(scripted) as reads:
        async with asking(reads, "one", "two") as tasks:
            await scripted.heard(2)
            await scripted.say(b"HTTP/1.1 400 Bad Request\r\n")
            for task in tasks:
                with pytest.raises(Unavailable):
                    await task
        async with asking(reads, "three") as (three,):
            await scripted.heard(1, connection=1)
            await scripted.say(b"$1\r\n3\r\n", connection=1)
            assert await three == b"3"


async def test_who_waits_when_the_connection_is_left_gets_no_answer(scripted: Scripted) -> None:
    async with reading(scripted) as reads, asking(reads, "one") as (one,):
        await scripted.heard(1)
        await reads.leave()
        with pytest.raises(Unavailable):
            await one


async def test_a_connection_that_is_not_made_in_time_is_left_at_once() -> None:
    """No address of the block that RFC 5737 keeps for examples answers."""
    async with open_reads(RedisSettings(host="192.0.2.1")) as reads:
        with pytest.raises(Unavailable):
            await reads.get("any", SOON)


async def test_a_real_server_answers_many_at_once_in_order(
    redis: Redis, settings: RedisSettings
) -> None:
    names = [f"key:{number}" for number in range(5_000)]
    await redis.mset({name: name * 9 for name in names})
    async with open_reads(settings) as reads:
        found = await asyncio.gather(*(reads.get(name, AMPLE) for name in names))
    assert found == [(name * 9).encode() for name in names]
