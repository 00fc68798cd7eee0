"""No caller keeps a connection by half a request, or fills the memory by an endless one."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs
import pytest
import pytest_asyncio
from dependency_injector.providers import Object

from referrals_adapters.telemetry.metrics import Metrics
from referrals_domain.testing.memory.intake import InMemoryIntake
from referrals_domain.testing.memory.store import InMemoryStore
from referrals_webhook import connection, exchange
from referrals_webhook.connection import LONGEST_HEAD
from referrals_webhook.container.http import HttpContainer
from referrals_webhook.exchange import LONGEST_BODY
from tests.tally import tried
from tests.webhook.orders import PATH, SECRET, WITHOUT_SIGNAL, order, signed
from tests.webhook.served import Served, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEAD = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n".encode()
ALIVE = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
ENDLESS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SOON = timedelta(seconds=0.2)
MUCH = 64 * 1024 * 1024  # far more than all buffers on the way hold


def container() -> HttpContainer:
    begin = InMemoryStore().begin
    return HttpContainer(
        metrics=Metrics(), secrets=(SECRET,), begin=begin, intake=Object(InMemoryIntake(begin))
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def role() -> AsyncIterator[Served]:
    async with served(container()) as role:
        yield role


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def impatient() -> AsyncIterator[Served]:
    """Serve calls that may take no time to speak of."""
    parts = container()
    parts.webhooks.add_kwargs(answer_within=SOON)
    async with served(parts) as role:
        yield role


@pytest.fixture(autouse=True)
def nothing_goes_wrong(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a caller does, it is answered or cut off, and no error of ours."""
    caplog.set_level(logging.INFO)
    yield
    tried("webhook")
    assert not caplog.get_records("call")


@attrs.frozen
class Line:
    """A connection to the role, from the caller's end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def heard(self) -> bytes:
        """Wait until the server closes, and return everything that it said."""
        parts = []
        async with asyncio.timeout(10):
            with suppress(ConnectionError):
                while part := await self.reader.read(65536):
                    parts.append(part)
        return b"".join(parts)

    async def pour(self, piece: bytes) -> int:
        """Say something again and again until the server closes; return how much was said."""
        said = 0
        with suppress(ConnectionError):
            while said < MUCH:
                await self.say(piece)
                said += len(piece)
        return said


@asynccontextmanager
async def line(role: Served) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection(role.address.host, role.address.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_body_that_does_not_come_is_too_slow(
    impatient: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "LINGER", SOON)
    async with line(impatient) as caller:
        await caller.say(HEAD + b"Content-Length: 9\r\n\r\n{")
        answer = await caller.heard()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert answer.endswith(b'{"error": "body_too_slow"}')


async def test_so_is_one_that_trickles(impatient: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "LINGER", SOON)
    async with line(impatient) as caller:
        await caller.say(ENDLESS)
        hearing = asyncio.create_task(caller.heard())
        with suppress(ConnectionError):
            while not hearing.done():
                await caller.say(b"1\r\n{\r\n")
                await asyncio.sleep(0.02)
        assert (await hearing).startswith(b"HTTP/1.1 408 ")


async def test_a_caller_who_sends_everything_before_listening_hears_that_it_was_too_much(
    role: Served,
) -> None:
    body = b" " * (2 * LONGEST_BODY)
    async with line(role) as caller:
        await caller.say(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        answer = await caller.heard()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nconnection: close\r\n" in answer
    assert answer.endswith(b'{"error": "body_too_long"}')


@pytest.mark.parametrize(
    ("length", "status"), [(LONGEST_BODY + 1, b"413"), (10**18, b"413"), (10**30, b"400")]
)
async def test_a_body_that_says_it_is_too_long_is_not_waited_for(
    role: Served, length: int, status: bytes
) -> None:
    async with line(role) as caller:
        await caller.say(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % length)
        assert (await caller.reader.readline()).split()[1] == status


async def test_a_caller_who_goes_on_for_ever_is_cut_off(
    role: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "LINGER", SOON)
    async with line(role) as caller:
        await caller.say(ENDLESS)
        hearing = asyncio.create_task(caller.heard())
        with suppress(ConnectionError):
            while not hearing.done():
                await caller.say(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        answer = await hearing
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\r\n\r\n", id="blank lines"),
        pytest.param(b"PO", id="half a method"),
        pytest.param(HEAD, id="half a head"),
        pytest.param(b"POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\n{", id="a body for nobody"),
        pytest.param(ENDLESS + b"0\r\n", id="half a trailer"),
    ],
)
async def test_half_a_request_is_not_waited_for(
    role: Served, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(connection, "REQUEST_WITHIN", SOON)
    async with line(role) as caller:
        await caller.say(said)
        await caller.heard()


@pytest.mark.parametrize("said", [b"\r\n", b"G", HEAD], ids=["blank", "method", "head"])
async def test_nor_is_half_a_second_one(
    role: Served, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(connection, "REQUEST_WITHIN", SOON)
    async with line(role) as caller:
        await caller.say(ALIVE)
        assert await caller.reader.readuntil(b'"alive"}')
        await caller.say(said)
        assert await caller.heard() == b""


async def test_nor_is_one_that_began_as_the_first_ended(
    role: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "REQUEST_WITHIN", SOON)
    async with line(role) as caller:
        await caller.say(b"POST /x HTTP/1.1\r\nContent-Length: 1\r\n\r\n")
        assert await caller.reader.readuntil(b"\r\n\r\nNot Found")
        await caller.say(b"{" + HEAD)
        assert await caller.heard() == b""


async def test_between_two_requests_there_is_time(
    role: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "REQUEST_WITHIN", SOON)
    async with line(role) as caller:
        await caller.say(ALIVE)
        assert await caller.reader.readuntil(b'"alive"}')
        await asyncio.sleep(2 * SOON.total_seconds())
        await caller.say(ALIVE)
        assert await caller.reader.readuntil(b'"alive"}')


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        pytest.param(b"POST /", b"a" * 10_000, id="URL"),
        pytest.param(HEAD + b"X: ", b"a" * 10_000, id="header"),
        pytest.param(HEAD + b"X", b"a" * 10_000, id="header's name"),
        pytest.param(HEAD, b"a:b\r\n" * 2_000, id="headers"),
        pytest.param(ENDLESS + b"0\r\n", b"a:b\r\n" * 2_000, id="trailers"),
        pytest.param(ENDLESS + b"1;", b"a" * 10_000, id="chunk extension"),
        pytest.param(ENDLESS, b"1\r\n{\r\n" * 2_000, id="chunks of a byte"),
        pytest.param(b"", b"\r\n" * 5_000, id="blank lines"),
        pytest.param(ALIVE, ALIVE * 200, id="requests"),
    ],
)
async def test_what_is_endless_and_no_body_is_cut_off(
    role: Served, begin: bytes, piece: bytes
) -> None:
    async with line(role) as caller:
        hearing = asyncio.create_task(caller.heard())
        await caller.say(begin)
        assert await caller.pour(piece) < MUCH
        await hearing


async def test_a_head_of_almost_the_longest_is_read(role: Served) -> None:
    padding = b"X: " + b"a" * (LONGEST_HEAD - 1_000) + b"\r\n"
    async with line(role) as caller:
        for _ in range(3):
            await caller.say(ALIVE.replace(b"\r\n\r\n", b"\r\n" + padding + b"\r\n"))
            assert await caller.reader.readuntil(b'"alive"}')


async def test_a_long_body_in_chunks_is_read(role: Served) -> None:
    body = order(**WITHOUT_SIGNAL).ljust(LONGEST_BODY)
    headers = "".join(f"{name}: {value}\r\n" for name, value in signed(body).items())
    pieces = [body[start : start + 8192] for start in range(0, len(body), 8192)]
    async with line(role) as caller:
        for _ in range(2):
            await caller.say(HEAD + headers.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
            for piece in pieces:
                await caller.say(b"%x\r\n%b\r\n" % (len(piece), piece))
            await caller.say(b"0\r\n\r\n")
            assert await caller.reader.readuntil(b'"no_signal"}')


async def test_who_does_not_wait_for_an_answer_gets_that_one_and_no_other(role: Served) -> None:
    async with line(role) as caller:
        await caller.say(ALIVE * 3)
        answer = await caller.heard()
    assert answer.count(b"HTTP/1.1 200 ") == answer.count(b"HTTP/1.1 ") == 1
    assert b"\r\nconnection: close\r\n" in answer


async def test_what_follows_a_whole_request_does_not_spoil_its_answer(role: Served) -> None:
    async with line(role) as caller:
        await caller.say(ALIVE + b"\x00\xff" * 100)
        answer = await caller.heard()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(HEAD + b"Content-Length: -1\r\n\r\n", id="negative length"),
        pytest.param(HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", id="two lengths"),
        pytest.param(
            HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            id="length and chunks",
        ),
        pytest.param(ENDLESS + b"xyz\r\n", id="no chunk"),
        pytest.param(ENDLESS + b"f" * 17 + b"\r\n", id="a chunk beyond any number"),
        pytest.param(HEAD + b"A\x00: b\r\n\r\n", id="NUL in a header's name"),
        pytest.param(HEAD + b"A: \x00\r\n\r\n", id="NUL in a header"),
        pytest.param(b"POST /\xff HTTP/1.1\r\n\r\n", id="URL that is not ASCII"),
        pytest.param(b"CONNECT x:1 HTTP/1.1\r\n\r\n", id="CONNECT"),
    ],
)
async def test_what_is_not_http_is_a_bad_request(role: Served, said: bytes) -> None:
    async with line(role) as caller:
        await caller.say(said)
        assert (await caller.heard()).startswith(b"HTTP/1.1 400 ")


async def test_a_caller_is_not_led_to_the_host_they_named(role: Served) -> None:
    async with line(role) as caller:
        await caller.say(f"POST {PATH}/ HTTP/1.1\r\nHost: evil.example\r\n".encode())
        await caller.say(b"Connection: close\r\nContent-Length: 0\r\n\r\n")
        answer = await caller.heard()
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"evil" not in answer
