"""Methods of every kind on a real socket, served by our server or by grpc.aio's."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import grpc
import grpc.aio

from referrals_adapters.grpc.channel import Channel, open_channel
from referrals_grpc.methods import Methods
from referrals_grpc.polled_server import PolledServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from referrals_grpc.interceptors.calls import Context, Handler

    Server: TypeAlias = grpc.aio.Server | PolledServer

OPTIONS = (("grpc.so_reuseport", 0),)


def polled(methods: Methods) -> Server:
    return PolledServer(methods, OPTIONS)


def of_aio(methods: Methods) -> Server:
    return grpc.aio.server(handlers=(methods,), options=OPTIONS)


@attrs.define
class Doing:
    """What handlers do, and what became of those that wait."""

    may_end: asyncio.Event = attrs.field(factory=asyncio.Event)
    begun: int = 0
    under_way: int = 0
    written: int = 0
    looks: list[int] = attrs.field(factory=list)
    left: list[float | None] = attrs.field(factory=list)

    async def echo(self, request: bytes, _: Context) -> bytes:
        return request

    async def join(self, requests: AsyncIterator[bytes], _: Context) -> bytes:
        return b"+".join([request async for request in requests])

    async def spell(self, request: bytes, _: Context) -> AsyncIterator[bytes]:
        for letter in request:
            yield bytes([letter])

    async def write(self, request: bytes, context: Context) -> None:
        for letter in request:
            await context.write(bytes([letter]))

    async def answer(self, requests: AsyncIterator[bytes], _: Context) -> AsyncIterator[bytes]:
        async for request in requests:
            yield b"<" + request + b">"

    async def wait(self, request: bytes, context: Context) -> bytes:
        self.left.append(context.time_remaining())
        self.begun += 1
        self.under_way += 1
        try:
            await self.may_end.wait()
        finally:
            self.under_way -= 1
        return request

    async def write_on(self, request: bytes, context: Context) -> None:
        await context.write(request)
        await self.wait(request, context)

    async def flood(self, request: bytes, context: Context) -> None:
        self.under_way += 1
        try:
            while True:
                await context.write(request)
                self.written += 1
        finally:
            self.under_way -= 1

    async def fail(self, _: bytes, __: Context) -> bytes:
        raise RuntimeError("hunter2")

    async def writes_no_more(self) -> bool:
        """Tell whether ten looks in a row found nothing more written: nobody reads it."""
        self.looks = [*self.looks, self.written][-10:]
        return len(self.looks) == 10 and len(set(self.looks)) == 1

    async def is_under_way(self, number: int) -> bool:
        return self.under_way == number


def _handler(kind: str, behave: Callable[..., Any]) -> Handler:
    make = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(behave, response_serializer=bytes)


@attrs.define
class Served:
    """A server with those methods, and a client of it."""

    doing: Doing
    server: Server
    port: int
    channel: Channel
    is_stopped: bool = False

    def call(
        self, name: str, request: Any = b"abc", *, kind: str = "unary_unary", **how: Any
    ) -> Any:
        method: Any = getattr(self.channel, kind)(f"/any/{name}")
        return method(request, **how)

    async def stop(self, grace: float) -> None:
        if not self.is_stopped:
            self.is_stopped = True
            await self.server.stop(grace)


@asynccontextmanager
async def served(make: Callable[[Methods], Server]) -> AsyncIterator[Served]:
    doing = Doing()
    server = make(
        Methods(
            {
                "/any/echo": _handler("unary_unary", doing.echo),
                "/any/wait": _handler("unary_unary", doing.wait),
                "/any/fail": _handler("unary_unary", doing.fail),
                "/any/join": _handler("stream_unary", doing.join),
                "/any/spell": _handler("unary_stream", doing.spell),
                "/any/write": _handler("unary_stream", doing.write),
                "/any/write_on": _handler("unary_stream", doing.write_on),
                "/any/flood": _handler("unary_stream", doing.flood),
                "/any/answer": _handler("stream_stream", doing.answer),
            }
        )
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with open_channel(f"127.0.0.1:{port}") as channel:
        one = Served(doing, server, port, channel)
        yield one
    await one.stop(0)
