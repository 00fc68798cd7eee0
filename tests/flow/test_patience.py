"""Patience ends in time, and is not at its end because our own loop was late."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING

import pytest
import uvloop

from referrals_adapters.flow.patience import patience

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def runner(request: pytest.FixtureRequest) -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield runner


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_an_answer_counts_that_came_while_the_loop_was_late(
    runner: asyncio.Runner, line: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = line

    async def ask() -> bytes:
        def be_late() -> None:
            theirs.send(b"!")
            time.sleep(0.05)  # the loop itself is what is late here

        reader, writer = await asyncio.open_connection(sock=ours)
        asyncio.get_running_loop().call_soon(be_late)
        async with patience(0.01):
            answer = await reader.read(1)
        writer.close()
        return answer

    assert runner.run(ask()) == b"!"


def test_no_answer_is_a_timeout(
    runner: asyncio.Runner, line: tuple[socket.socket, socket.socket]
) -> None:
    ours, _ = line

    async def ask() -> None:
        reader, writer = await asyncio.open_connection(sock=ours)
        try:
            async with patience(0.01):
                await reader.read(1)
        finally:
            writer.close()

    with pytest.raises(TimeoutError):
        runner.run(ask())


@pytest.mark.parametrize("within", [0.0, -1.0])
def test_who_has_no_time_left_does_not_wait(runner: asyncio.Runner, within: float) -> None:
    async def wait() -> None:
        async with patience(within):
            await asyncio.get_running_loop().create_future()

    with pytest.raises(TimeoutError):
        runner.run(wait())


def test_what_is_over_in_time_is_not_disturbed_later(runner: asyncio.Runner) -> None:
    async def go_on() -> str:
        async with patience(0.01):
            await asyncio.sleep(0)
        await asyncio.sleep(0.03)  # beyond the time that was given, in which nothing is to happen
        return "undisturbed"

    assert runner.run(go_on()) == "undisturbed"


def test_who_is_cancelled_is_not_told_of_the_time(runner: asyncio.Runner) -> None:
    async def give_up() -> None:
        async def wait() -> None:
            async with patience(60):
                await asyncio.get_running_loop().create_future()

        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        waiting.cancel()
        await waiting

    with pytest.raises(asyncio.CancelledError):
        runner.run(give_up())
