"""The server of Auth and Core behaves as those of gRPC do, whatever it is asked."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest

from referrals_adapters.grpc.pb.auth.v1.auth_pb2 import (
    ValidateMerchantRequest,
    ValidateMerchantResponse,
)
from referrals_sandbox.neighbours.grpc_server import Method, Server
from referrals_sandbox.neighbours.world import World, WorldFile
from referrals_sandbox.servers.ports import LOOPBACK, free_port

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator
    from pathlib import Path

PATH = "/any.v1.Any/Ask"
ASKED = ValidateMerchantRequest(merchant_id="acme").SerializeToString()


def answer(request: ValidateMerchantRequest, token: str) -> ValidateMerchantResponse:
    if request.merchant_id == "broken":
        raise ValueError("a mistake")
    return ValidateMerchantResponse(valid=token == "known")


METHOD = Method(
    name="Ask", services=("any.v1.Any",), question=ValidateMerchantRequest, answer=answer
)


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[grpc.aio.Channel, int]]:
    server = Server(METHOD)
    port = server.listen(f"{LOOPBACK}:0")
    working = asyncio.create_task(asyncio.to_thread(server.work))
    try:
        async with grpc.aio.insecure_channel(f"{LOOPBACK}:{port}") as channel:
            yield channel, port
    finally:
        server.end(grace=0)
        await working


@asynccontextmanager
async def auth(address: str, folder: Path) -> AsyncIterator[Process]:
    """Run Auth in a process of its own."""
    world = WorldFile(folder / "world.json")
    world.write(World())
    module = "referrals_sandbox.neighbours.auth"
    options = ("--listen", address, "--world", str(world.path))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", module, *options, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == f"listening on {address}\n".encode()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def outcome(channel: grpc.aio.Channel, path: str, raw: bytes) -> bytes | grpc.StatusCode:
    call: Any = channel.unary_unary(path)
    try:
        answer: bytes = await call(raw, metadata=(("authorization", "known"),), timeout=5)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return answer


@pytest.mark.parametrize(
    ("path", "raw", "code"),
    [
        ("/any.v1.Any/Another", ASKED, grpc.StatusCode.UNIMPLEMENTED),
        (PATH, b"\xff", grpc.StatusCode.INTERNAL),
        (
            PATH,
            ValidateMerchantRequest(merchant_id="broken").SerializeToString(),
            grpc.StatusCode.UNKNOWN,
        ),
    ],
)
async def test_what_cannot_be_answered_gets_its_status_and_others_their_answers(
    path: str, raw: bytes, code: grpc.StatusCode
) -> None:
    async with serving() as (channel, _):
        calls = [outcome(channel, *asked) for asked in [(path, raw), (PATH, ASKED)] * 50]
        answered = ValidateMerchantResponse(valid=True).SerializeToString()
        assert await asyncio.gather(*calls) == [code, answered] * 50


async def test_callers_who_leave_before_they_ask_hold_up_nobody_nor_the_end() -> None:
    async with serving() as (channel, _):
        open_call: Any = channel.stream_unary(PATH)
        left, silent = open_call(timeout=5), open_call(timeout=5)
        await asyncio.gather(left.wait_for_connection(), silent.wait_for_connection())
        left.cancel()
        answered = ValidateMerchantResponse(valid=True).SerializeToString()
        assert await outcome(channel, PATH, ASKED) == answered


async def test_a_call_that_came_just_before_it_was_told_to_end_does_not_break_it() -> None:
    server = Server(METHOD)
    port = server.listen(f"{LOOPBACK}:0")
    async with grpc.aio.insecure_channel(f"{LOOPBACK}:{port}") as channel:
        calling = asyncio.create_task(outcome(channel, PATH, ASKED))
        await asyncio.sleep(0.1)  # so it is there, and nobody has taken it
        server.end(grace=0)
        await asyncio.to_thread(server.work)
        assert await calling in {grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE}


async def test_told_to_end_it_ends_though_a_caller_keeps_silent(tmp_path: Path) -> None:
    address = f"{LOOPBACK}:{free_port()}"
    async with auth(address, tmp_path) as process, grpc.aio.insecure_channel(address) as channel:
        open_call: Any = channel.stream_unary("/auth.v1/ValidateMerchant")
        silent = open_call(timeout=30)
        await silent.wait_for_connection()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_where_another_listens_it_says_that_the_address_is_taken(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with serving() as (_, port):
        with pytest.raises(SystemExit, match=f"cannot listen on {LOOPBACK}:{port}"):
            Server(METHOD).listen(f"{LOOPBACK}:{port}")
    assert "Address already in use" in capfd.readouterr().err  # another port is tried, then
