"""What the bench posts, and what it takes for an answer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import asynccontextmanager, suppress
from itertools import repeat
from typing import TYPE_CHECKING

import attrs
import pytest
import uvloop

from referrals_adapters.shopify.payloads import READERS
from referrals_adapters.shopify.signature import HEADER, is_signed
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.delivery import Topic
from referrals_sandbox.bench import tables
from referrals_sandbox.bench.load import Meter, ask_for, ask_times
from referrals_sandbox.bench.orders import Orders
from referrals_sandbox.bench.posts import Posts
from referrals_sandbox.bench.stage import Stage
from referrals_sandbox.bench.webhooks import posting
from referrals_sandbox.composition.running import running
from referrals_sandbox.composition.shops import Link, open_shops
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from referrals_sandbox.composition.sandbox import Sandbox

CPUS = len(os.sched_getaffinity(0))
CODE = ReferralCode.of_number(7)
LINK = Link(merchant_id="shop", shop_domain="shop.example", id="l", code=CODE)
LINKS = [LINK, attrs.evolve(LINK, shop_domain="other.example")]
STORED = b'HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{"receipt": "stored"}'
REQUEST = Orders([LINK], "secret").next()


def test_orders_are_signed_and_large_and_all_different() -> None:
    orders = Orders(LINKS, "secret")

    posted = [Request.read(orders.next()) for _ in range(4)]

    read = [READERS[Topic.ORDERS_CREATE](one.body).facts for one in posted]
    assert all(10_000 <= len(one.body) < 11_000 for one in posted)
    assert len({facts.order_id for facts in read}) == 4
    assert len({facts.customer_id for facts in read}) == 4
    assert {facts.signals[0].code for facts in read} == {CODE}
    for one in posted:
        assert is_signed(one.body, [one.headers[HEADER.decode()].encode()], ["secret"])
        assert not is_signed(one.body, [one.headers[HEADER.decode()].encode()], ["other"])


def test_requests_are_those_that_shopify_makes() -> None:
    orders = Orders(LINKS, "secret")

    posted = [Request.read(orders.next()) for _ in range(4)]

    shops = [one.headers["x-shopify-shop-domain"] for one in posted]
    assert shops == ["shop.example", "other.example"] * 2
    assert {one.line for one in posted} == {"POST /orders/create HTTP/1.1"}
    assert all(int(one.headers["content-length"]) == len(one.body) for one in posted)
    assert len({one.headers["x-shopify-webhook-id"] for one in posted}) == 4
    assert {len(one.headers["x-shopify-event-id"]) for one in posted} == {36}


async def test_posts_are_spread_evenly_over_all_who_take_them() -> None:
    async with (
        answering(repeat(STORED)) as first,
        answering(repeat(STORED)) as second,
        posting([first.address, second.address], lambda: REQUEST) as askers,
    ):
        await ask_times(256, askers)

    assert first.connections == second.connections == len(askers) / 2
    assert first.requests + second.requests == 256


async def test_an_answer_may_come_in_pieces() -> None:
    async with answering([]) as server, connected(server) as posts:
        posting_it = asyncio.create_task(posts.post(REQUEST))
        await asyncio.sleep(0)
        for at in range(len(STORED)):
            assert not posting_it.done()
            posts.data_received(STORED[at : at + 1])
            await asyncio.sleep(0)

        assert await posting_it == b'{"receipt": "stored"}'


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (STORED.replace(b"200 OK", b"503 Away"), "503 Away"),
        (STORED.replace(b"stored", b"unsure"), "unsure"),
        (STORED.replace(b"21", b"20"), "more than once"),
        (STORED + STORED, "more than once"),
        (STORED.replace(b"Length", b"Type"), "Content-Type: 21"),
        (b"no HTTP\r\n\r\n", "no HTTP"),
        (b"", "the connection ended"),
        (STORED[:-1], "the connection ended"),
    ],
)
async def test_no_answer_but_that_the_order_is_stored_is_right(answer: bytes, error: str) -> None:
    async with (
        answering([STORED, answer]) as server,
        posting([server.address], lambda: REQUEST) as askers,
    ):
        await askers[0]()
        with pytest.raises(SandboxError, match=error):
            await askers[0]()


async def test_nobody_waits_on_a_connection_that_has_ended() -> None:
    async with answering([b""]) as server, connected(server) as posts:
        with pytest.raises(SandboxError, match="the connection ended"):
            await posts.post(REQUEST)
        with pytest.raises(SandboxError, match="the connection has ended"):
            await posts.post(REQUEST)


async def test_an_answer_to_nothing_ends_the_connection() -> None:
    async with answering([]) as server, connected(server) as posts:
        posts.data_received(STORED)
        with pytest.raises(SandboxError, match="the connection has ended"):
            await posts.post(REQUEST)


def test_each_answer_may_take_so_long_and_no_longer() -> None:
    async def post() -> None:
        async with (
            asyncio.timeout(3),
            answering([STORED] * 4, pause=0.06) as server,
            connected(server, within=0.1) as posts,
        ):
            for _ in range(4):
                await posts.post(REQUEST)
            with pytest.raises(SandboxError, match=r"not answered within 0\.1 s"):
                await posts.post(REQUEST)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(post())


@pytest.mark.long
def test_there_is_an_http_role_for_each_cpu_and_all_store_what_is_posted() -> None:
    async def post(sandbox: Sandbox) -> None:
        links = await asyncio.to_thread(open_shops, sandbox)
        stage = Stage(sandbox=sandbox)
        await stage.start("http")
        meter = Meter(stage.processes())
        async with (
            tables.opened(sandbox.servers.database) as rows,
            posting(stage.webhook_addresses, Orders(links, sandbox.shopify_secret).next) as askers,
        ):
            measured = await ask_for(1, askers, meter)
            stored = await rows.forget_deliveries({link.merchant_id for link in links})

        assert [*stage.roles] == ["http", *(f"http-{one}" for one in range(2, CPUS + 1))]
        assert all(measured.cpu[role] for role in stage.roles)
        assert stored == measured.done

    with running() as sandbox:
        sandbox.webhook_service.process.stop()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(post(sandbox))


@attrs.frozen(kw_only=True)
class Request:
    """A request as its receiver reads it, with the names of headers in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes

    @classmethod
    def read(cls, request: bytes) -> Request:
        head, _, body = request.partition(b"\r\n\r\n")
        line, *headers = head.decode().split("\r\n")
        named = [header.split(": ", 1) for header in headers]
        return cls(line=line, headers={name.lower(): text for name, text in named}, body=body)


@attrs.define
class Server:
    """Gives such answers, then none, and ends the connection after one that is not right."""

    answers: Iterator[bytes]
    pause: float
    address: str = ""
    connections: int = 0
    requests: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(asyncio.IncompleteReadError, OSError):
            while await reader.readexactly(len(REQUEST)):
                self.requests += 1
                await asyncio.sleep(self.pause)
                answer = next(self.answers, None)
                if answer is None:
                    await reader.read()  # until the one who waits has gone
                    break
                writer.write(answer)
                if answer != STORED:
                    break
        writer.close()


@asynccontextmanager
async def answering(answers: Iterable[bytes], *, pause: float = 0) -> AsyncIterator[Server]:
    server = Server(iter(answers), pause)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.address = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        await asyncio.sleep(0.01)


@asynccontextmanager
async def connected(server: Server, *, within: float = 5) -> AsyncIterator[Posts]:
    host, port = server.address.split(":")
    loop = asyncio.get_running_loop()
    _, posts = await loop.create_connection(lambda: Posts(within), host, int(port))
    try:
        yield posts
    finally:
        posts.close()
