"""Processes that are stopped or killed in the middle of something."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

import attrs

from referrals_sandbox.chaos.faults import BETWEEN_TRIES, TRIES, Fault, under_way
from referrals_sandbox.chaos.scene import InFlight, Scene, freeze, thaw
from referrals_sandbox.servers.child import Child
from referrals_sandbox.servers.errors import SandboxError

_DIES_WITHIN: Final = 8.0  # seconds


@attrs.frozen(kw_only=True)
class Frozen(Fault):
    """
    Processes that are stopped, and go on later.

    Args:
        name: What kind of fault it is.
        target: What it befalls.
        processes: All that do the same work.
        in_flight: Tells whether they are in the middle of something.
    """

    name: str
    target: str
    processes: Sequence[Child]
    in_flight: InFlight

    async def strike(self, seconds: float) -> bool:
        """Stop them, and let them go on; what comes to wait for them meanwhile is hit."""
        if not await under_way(self.in_flight):
            return False
        clock = asyncio.get_running_loop().time
        end, is_hit = clock() + seconds, False
        serving = await asyncio.to_thread(freeze, self.processes)
        while clock() < end:
            is_hit = is_hit or await self.in_flight()
            await asyncio.sleep(BETWEEN_TRIES)
        await asyncio.to_thread(thaw, self.processes, serving)
        return is_hit


@attrs.frozen(kw_only=True)
class Killed(Frozen):
    """Processes that are killed in the middle of something, and started again later."""

    scene: Scene

    async def strike(self, seconds: float) -> bool:
        """Kill them, and start them again."""
        async with AsyncExitStack() as stack:
            for process in self.processes:
                await stack.enter_async_context(self.scene.roles.left_alone(process))
            serving = await caught(self.processes, self.in_flight)
            if serving is None:
                return False
            for process in self.processes:
                await asyncio.to_thread(process.kill)
            thaw([], serving)  # so that they notice
            await asyncio.sleep(seconds)
            for process in self.processes:
                await asyncio.to_thread(process.start)
        return True


@attrs.frozen(kw_only=True)
class KilledUndecided(Killed):
    """
    Relays that are killed while the broker decides nothing of what they have sent.

    Args:
        broker: The broker.
    """

    broker: Child

    async def strike(self, seconds: float) -> bool:
        """Stop the broker while a relay publishes, kill the relays, and let all go on."""
        if not await under_way(self._is_published):
            return False
        serving = await asyncio.to_thread(freeze, [self.broker])
        try:
            await asyncio.sleep(seconds)
            return await super().strike(seconds)
        finally:
            await asyncio.to_thread(thaw, [self.broker], serving)

    async def _is_published(self) -> bool:
        return not await self.in_flight()


@attrs.frozen(kw_only=True)
class Dead(Fault):
    """
    A role that is killed where it has done one half of a thing and not the other.

    Args:
        name: What kind of fault it is, and the failpoint.
        target: What it befalls.
        scene: Where it is.
        processes: All of the role.
    """

    name: str
    target: str
    scene: Scene
    processes: Sequence[Child]

    async def strike(self, seconds: float) -> bool:  # noqa: ARG002 - it is over when it has died
        """Have it run with the failpoint until it dies."""
        async with AsyncExitStack() as stack:
            for process in self.processes:
                await stack.enter_async_context(self.scene.roles.left_alone(process))
                await asyncio.to_thread(process.kill)
            module = "referrals_sandbox.chaos.failpoints"
            command = attrs.evolve(
                self.processes[0].command,
                name=self.name,
                argv=(sys.executable, "-P", "-m", module, self.name),
            )
            dying = await asyncio.to_thread(self.scene.sandbox.servers.supervisor.launch, command)
            try:
                return await asyncio.to_thread(_died, dying)
            finally:
                for process in self.processes:
                    await asyncio.to_thread(process.start)


async def caught(processes: Sequence[Child], in_flight: InFlight) -> list[int] | None:
    """
    Freeze processes in the middle of something; return who serves for them.

    Returns:
        None if they never were: then they go on.
    """
    for _ in range(TRIES):
        serving = await asyncio.to_thread(freeze, processes)
        if await in_flight():
            return serving
        await asyncio.to_thread(thaw, processes, serving)
        await asyncio.sleep(BETWEEN_TRIES)
    return None


def _died(process: Child) -> bool:
    """Tell whether the failpoint was reached; if not, end the process."""
    try:
        return process.wait(_DIES_WITHIN) == -signal.SIGKILL
    except SandboxError:
        process.kill()
        return False
