"""gRPC wakes the loop once for all that has happened."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVarTuple

import attrs
import grpc.aio

from referrals_adapters.grpc.channel import open_channel
from referrals_grpc.loop import Loop, is_grpcs
from tests.grpc.service import bare
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

Given = TypeVarTuple("Given")


class Watched(Loop):
    """Our loop, and whether it knew the readers that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.known: list[bool] = []

    def add_reader(self, fd: Any, callback: Callable[[*Given], Any], *args: *Given) -> None:
        """Note whether it is gRPC's."""
        self.known.append(is_grpcs(callback))
        super().add_reader(fd, callback, *args)


@attrs.define
class Reader:
    """A reader that takes one byte, as gRPC's does."""

    sock: socket.socket
    taken: list[bytes]

    __module__ = "grpc.any"

    def read(self, _: object) -> None:
        """Take it."""
        self.taken.append(self.sock.recv(1))


class Echo(grpc.GenericRpcHandler):
    def service(self, _: Any) -> Any:
        async def echo(request: bytes, _: Any) -> bytes:
            return request

        return grpc.unary_unary_rpc_method_handler(echo)


def test_calls_are_answered_on_it_and_grpcs_reader_is_known() -> None:
    """Or a new release of gRPC has another, and what the loop does for it does nothing."""

    async def call() -> list[bytes]:
        server = grpc.aio.server(handlers=[Echo()])
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with open_channel(f"127.0.0.1:{port}") as channel:
            calls = [bare(channel, "/any/Echo")(b"%d" % number) for number in range(300)]
            answers = await asyncio.gather(*calls)
        await server.stop(None)
        return answers

    with asyncio.Runner(loop_factory=Watched) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, Watched)
        assert runner.run(call()) == [b"%d" % number for number in range(300)]
        assert loop.known == [True]


def test_what_woke_it_many_times_is_read_once() -> None:
    async def wake(loop: Loop) -> list[bytes]:
        ours, theirs = socket.socketpair()
        reader = Reader(ours, [])

        async def is_taken(last: bytes) -> bool:
            return last in reader.taken

        with ours, theirs:
            theirs.send(b"12345")
            loop.add_reader(ours, partial(reader.read, loop))
            await until(partial(is_taken, b"5"))
            theirs.send(b"6")
            await until(partial(is_taken, b"6"))
            loop.remove_reader(ours)
        return reader.taken

    with asyncio.Runner(loop_factory=Loop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, Loop)
        assert runner.run(wake(loop)) == [b"5", b"6"]
