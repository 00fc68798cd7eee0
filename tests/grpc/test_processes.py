"""Several real processes on one port: they begin together, share the work and end together."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import grpc
import grpc.aio
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.pb.referrals.v1.referrals_pb2_grpc import ReferralsServiceStub
from referrals_adapters.system.address import Address
from referrals_domain.testing.builders import MERCHANT
from referrals_grpc.__main__ import main
from referrals_sandbox.servers import linux
from tests.grpc.process import ended, failed, started, starting
from tests.grpc.service import TOKEN
from tests.waiting import until

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Mapping

    from tests.grpc.process import Running
    from tests.neighbours import Neighbour

pytestmark = pytest.mark.long

TWO = ("--processes", "2")
PROGRAM = pb.GetProgramRequest(merchant_id=MERCHANT)
ENDED = b"referrals-grpc: a process ended with exit code -9; its log tells why; start it again\n"
MANY = 64  # connections; that all of them meet one of two processes happens once in 2^63 runs


def connect(running: Running) -> grpc.aio.Channel:
    """Open a connection of its own."""
    return grpc.aio.insecure_channel(
        running.address,
        options=[("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)],
    )


@asynccontextmanager
async def connected_to_both(
    running: Running, auth: Neighbour
) -> AsyncIterator[list[grpc.aio.Channel]]:
    """Connect until both processes have been met: each of them asks Auth once."""
    channels: list[grpc.aio.Channel] = []
    while len(auth.calls) < 2:
        assert len(channels) < MANY
        channels.append(connect(running))
        call = ReferralsServiceStub(channels[-1]).GetProgram(PROGRAM, metadata=TOKEN)
        assert await call.code() is grpc.StatusCode.NOT_FOUND
    yield channels
    for channel in channels:
        await channel.close()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_both_keep_to_one_limit(environment: Mapping[str, str], auth: Neighbour) -> None:
    settings = {**environment, "REFERRALS_GRPC_CALLER_LIMIT": "20"}
    token = (("authorization", f"Bearer {uuid4()}"),)  # of whom Redis has never heard
    async with started(settings, *TWO) as running, connected_to_both(running, auth) as channels:
        passed, began = 0, time.monotonic()
        for stub in [ReferralsServiceStub(channel) for channel in channels] * 30:
            code = await stub.GetProgram(PROGRAM, metadata=token).code()
            assert code in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.RESOURCE_EXHAUSTED}
            passed += code is grpc.StatusCode.NOT_FOUND
        # Of 40 at once 30 are lent; the rest are less than a call for each process.
        assert 0 < passed <= 30 + 20 * (time.monotonic() - began)


async def test_both_serve_and_when_told_to_end_let_their_calls_finish(
    environment: Mapping[str, str], auth: Neighbour
) -> None:
    settings = {**environment, "REFERRALS_GRPC_REFLECTION": "on"}
    async with started(settings, *TWO) as running, connected_to_both(running, auth) as channels:
        pids = linux.children_of(running.process.pid)
        assert len(pids) == 2
        for channel in channels:
            asked = iter([ServerReflectionRequest(list_services="")])
            reflection = ServerReflectionStub(channel).ServerReflectionInfo(asked)
            assert await reflection.read()
            reflection.cancel()
        watches = [HealthStub(channel).Watch(HealthCheckRequest()) for channel in channels]
        assert {(await watch.read()).status for watch in watches} == {HealthCheckResponse.SERVING}
        auth.delay = 0.3
        calls = [
            ReferralsServiceStub(channel).GetProgram(
                PROGRAM, metadata=(("authorization", f"Bearer {caller}"),)
            )
            for caller, channel in enumerate(channels)
        ]
        for _ in range(2 + len(calls)):
            await asyncio.wait_for(auth.arrivals.get(), 5)
        running.process.send_signal(signal.SIGTERM)
        states = {(await watch.read()).status for watch in watches}
        assert states == {HealthCheckResponse.NOT_SERVING}
        for watch in watches:
            watch.cancel()
        assert {await call.code() for call in calls} == {grpc.StatusCode.NOT_FOUND}
        assert await ended(running.process) == (0, b"", b"")
        assert not any(map(is_alive, pids))


async def test_when_one_ends_by_itself_all_end_with_an_error(
    environment: Mapping[str, str],
) -> None:
    async with started(environment, *TWO) as running:
        pids = linux.children_of(running.process.pid)
        os.kill(pids[0], signal.SIGKILL)
        assert await ended(running.process) == (1, b"", ENDED)
        assert not any(map(is_alive, pids))


async def test_when_one_ends_before_it_serves_all_end_with_an_error(
    environment: Mapping[str, str],
) -> None:
    async with starting(environment, *TWO) as process:
        os.kill(await first_child(process), signal.SIGKILL)
        assert await ended(process) == (1, b"", ENDED)


async def test_told_to_end_before_they_serve_they_end(environment: Mapping[str, str]) -> None:
    async with starting(environment, *TWO) as process:
        await first_child(process)
        await asyncio.sleep(0.3)  # or so, until it runs, but not yet our handlers of signals
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does
        assert await ended(process) == (0, b"", b"")


async def test_one_that_does_not_end_as_told_is_an_error(environment: Mapping[str, str]) -> None:
    async with started(environment, *TWO) as running:
        stuck, other = linux.children_of(running.process.pid)
        os.kill(stuck, signal.SIGSTOP)
        running.process.terminate()

        async def other_has_ended() -> bool:
            return not is_alive(other)

        await until(other_has_ended)
        os.kill(stuck, signal.SIGKILL)
        assert await ended(running.process) == (1, b"", ENDED)


async def test_the_port_is_theirs_before_they_serve(environment: Mapping[str, str]) -> None:
    with Address("127.0.0.1", 0).listen() as listener:
        free = Address.of(listener)
    fixed = {**environment, "REFERRALS_GRPC_LISTEN": str(free)}
    async with starting(fixed, *TWO) as process:
        await first_child(process)
        assert "Address already in use; " in await failed(fixed, *TWO)
        process.terminate()
        code, _, err = await ended(process)
        assert (code, err) == (0, b"")


async def test_they_share_their_port_with_no_other_and_leave_it_when_their_parent_is_killed(
    environment: Mapping[str, str],
) -> None:
    async with started(environment, *TWO) as running:
        pids = linux.children_of(running.process.pid)
        taken = {**environment, "REFERRALS_GRPC_LISTEN": running.address}
        for options in (TWO, ()):
            line = await failed(taken, *options)
            assert f"cannot listen on {running.address}: Address already in use; " in line
        running.process.kill()

        async def none_is_left() -> bool:
            return not any(map(is_alive, pids))

        await until(none_is_left)
        Address.parse(running.address).listen().close()


async def first_child(process: Process) -> int:
    async def children() -> list[int]:
        return linux.children_of(process.pid)

    await until(children)
    return (await children())[0]


@pytest.mark.parametrize("number", ["0", "-1", "two", "1.5", ""])
def test_there_is_at_least_one_process(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "--processes", number])
    assert ended.value.code == 2
    assert "is not a number from 1 to" in capsys.readouterr().err
