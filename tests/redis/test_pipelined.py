"""Commands over a connection: together, in order, and never for somebody else."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import attrs
import pytest
from redis.exceptions import ReadOnlyError, ResponseError

from referrals_adapters.redis.pipelined import PipelinedCommands, open_commands
from referrals_adapters.redis.settings import RedisSettings
from referrals_domain.errors import Unavailable
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from redis.asyncio import Redis
    from redis.commands.core import AsyncScript

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

    async def heard(self, questions: int, *, connection: int = 0, word: bytes = b"GET") -> None:
        """Return once a connection has asked so much."""

        async def enough() -> bool:
            chunks = self.asked[connection] if len(self.asked) > connection else []
            return b"".join(chunks).count(word) >= questions

        await until(enough)


@pytest.fixture
async def scripted() -> AsyncIterator[Scripted]:
    server = Scripted()
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


@pytest.fixture
def script(redis: Redis) -> AsyncScript:
    return redis.register_script("return 1")


@asynccontextmanager
async def reading(server: Scripted) -> AsyncIterator[PipelinedCommands]:
    async with open_commands(RedisSettings(host="127.0.0.1", port=server.port)) as commands:
        yield commands


@asynccontextmanager
async def asking(
    commands: PipelinedCommands, *names: str, within: float = AMPLE
) -> AsyncIterator[list[asyncio.Task[bytes]]]:
    tasks = [asyncio.create_task(commands.get(name, within)) for name in names]
    yield tasks
    for task in tasks:
        task.cancel()


async def test_what_is_asked_in_one_turn_is_sent_at_once(scripted: Scripted) -> None:
    async with reading(scripted) as commands, asking(commands, "one") as first:
        await scripted.heard(1)
        await scripted.say(b"$1\r\n1\r\n")
        assert await first[0] == b"1"
        names = [f"{number:03}" for number in range(100)]
        async with asking(commands, *names) as tasks:
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
    async with reading(scripted) as commands:
        for number, size in enumerate((1, 2, len(answer) + 8), start=1):
            async with asking(commands, "one", "two") as tasks:
                await scripted.heard(2 * number)
                both = answer + b"$4\r\nlast\r\n"
                for at in range(0, len(both), size):
                    await scripted.say(both[at : at + size])
                    await asyncio.sleep(0)
                assert await asyncio.gather(*tasks) == [read, b"last"]


@pytest.mark.parametrize(
    ("answer", "read"),
    [(b":1\r\n", 1), (b":0\r\n", 0), (b"$-1\r\n", None), (b"$1\r\nv\r\n", b"v")],
)
async def test_a_script_answers_a_number_or_a_text_or_nothing(
    scripted: Scripted, script: AsyncScript, answer: bytes, read: bytes | int | None
) -> None:
    async with reading(scripted) as commands:
        running = asyncio.create_task(commands.run(script, "name", AMPLE, "lease", 7, b"\r\n"))
        await scripted.heard(1, word=b"EVALSHA")
        await scripted.say(answer)
        assert await running == read
    words = [b"EVALSHA", script.sha.encode(), b"1", b"name", b"lease", b"7", b"\r\n"]
    assert b"".join(scripted.asked[0]) == b"*7\r\n" + b"".join(
        b"$%d\r\n%b\r\n" % (len(word), word) for word in words
    )


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"-READONLY You can't write against a read only replica.\r\n", ReadOnlyError),
        (b"-ERR referral:acme:1 is at fault\r\n", ResponseError),
    ],
)
async def test_a_script_that_is_refused_is_an_error_without_what_was_said(
    scripted: Scripted, script: AsyncScript, answer: bytes, error: type[Exception]
) -> None:
    async with reading(scripted) as commands:
        running = asyncio.create_task(commands.run(script, "name", AMPLE))
        await scripted.heard(1, word=b"EVALSHA")
        await scripted.say(answer)
        with pytest.raises(error) as refused:
            await running
    assert str(refused.value) == answer[1:].split()[0].decode()


async def test_a_script_that_the_server_does_not_know_is_sent(
    redis: Redis, settings: RedisSettings
) -> None:
    script = redis.register_script("return KEYS[1] .. ARGV[1] .. #KEYS")
    await redis.script_flush()
    async with open_commands(settings) as commands:
        found = await asyncio.gather(
            *(commands.run(script, f"name:{number}/", AMPLE, number) for number in range(100))
        )
        await redis.script_flush()
        assert await commands.run(script, "again", AMPLE, "") == b"again1"
    assert found == [b"name:%d/%d1" % (number, number) for number in range(100)]


async def test_who_gave_up_leaves_no_answer_to_others(scripted: Scripted) -> None:
    async with reading(scripted) as commands:
        async with (
            asking(commands, "late", within=SOON) as (late,),
            asking(commands, "left") as (left,),
        ):
            await scripted.heard(2)
            left.cancel()
            with pytest.raises(TimeoutError):
                await late
        async with asking(commands, "third") as (third,):
            await scripted.heard(3)
            await scripted.say(b"$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n")
            assert await third == b"3"
    assert len(scripted.asked) == 1


async def test_a_time_that_ends_sooner_counts_though_others_have_more(
    scripted: Scripted,
) -> None:
    async with reading(scripted) as commands, asking(commands, "patient") as (patient,):
        await scripted.heard(1)
        async with asyncio.timeout(AMPLE / 2):
            with pytest.raises(TimeoutError):
                await commands.get("hasty", SOON)
        assert not patient.done()


async def test_a_connection_that_says_nothing_for_long_is_given_up(scripted: Scripted) -> None:
    async with reading(scripted) as commands:

        async def asks_elsewhere() -> bool:
            with pytest.raises((TimeoutError, Unavailable)):
                await commands.get("any", SOON)
            return len(scripted.asked) > 1

        await until(asks_elsewhere)


async def test_what_is_no_answer_ends_the_connection_and_the_next_read_has_another(
    scripted: Scripted,
) -> None:
    async with reading(scripted) as commands:
        async with asking(commands, "one", "two") as tasks:
            await scripted.heard(2)
            await scripted.say(b"HTTP/1.1 400 Bad Request\r\n")
            for task in tasks:
                with pytest.raises(Unavailable):
                    await task
        async with asking(commands, "three") as (three,):
            await scripted.heard(1, connection=1)
            await scripted.say(b"$1\r\n3\r\n", connection=1)
            assert await three == b"3"


async def test_who_waits_when_the_connection_is_left_gets_no_answer(scripted: Scripted) -> None:
    async with reading(scripted) as commands, asking(commands, "one") as (one,):
        await scripted.heard(1)
        await commands.leave()
        with pytest.raises(Unavailable):
            await one


async def test_a_connection_that_is_not_made_in_time_is_left_at_once() -> None:
    """No address of the block that RFC 5737 keeps for examples answers."""
    async with open_commands(RedisSettings(host="192.0.2.1")) as commands:
        with pytest.raises(Unavailable):
            await commands.get("any", SOON)


async def test_a_real_server_answers_many_at_once_in_order(
    redis: Redis, settings: RedisSettings
) -> None:
    names = [f"key:{number}" for number in range(5_000)]
    await redis.mset({name: name * 9 for name in names})
    async with open_commands(settings) as commands:
        found = await asyncio.gather(*(commands.get(name, AMPLE) for name in names))
    assert found == [(name * 9).encode() for name in names]
