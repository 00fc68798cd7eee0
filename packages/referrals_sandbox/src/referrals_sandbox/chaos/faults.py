"""
The faults.

Each strikes where work is under way, lasts for some seconds, and mends what it broke. It tells
whether it hit anything: a process that died idle proves nothing, and is not counted.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, Protocol

import asyncpg
import attrs

from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.settings import RedisSettings
from referrals_sandbox.chaos.scene import InFlight, Scene, freeze, thaw
from referrals_sandbox.chaos.weather import Bad, Struck
from referrals_sandbox.neighbours.world import World, WorldFile
from referrals_sandbox.servers.child import Child
from referrals_sandbox.servers.kafka import Kafka
from referrals_sandbox.servers.postgres import ADMIN, Database
from referrals_sandbox.servers.proxy import Address, Fair

_TRIES: Final = 50
_BETWEEN_TRIES: Final = 0.02  # seconds
_DIES_WITHIN: Final = 8.0  # seconds
_READ_ONLY: Final = "ALTER SYSTEM SET default_transaction_read_only = "


class Fault(Protocol):
    """Something that goes wrong for some seconds."""

    name: str
    """What kind of fault it is."""

    target: str
    """What it befalls: one fault at a time."""

    @abstractmethod
    async def strike(self, seconds: float) -> bool:
        """Strike, mend it after so many seconds, and tell whether work under way was hit."""


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
            await asyncio.sleep(_BETWEEN_TRIES)
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


@attrs.frozen(kw_only=True)
class Stormy(Fault):
    """
    Bad weather on the connections to a server.

    Args:
        name: What kind of fault it is.
        target: What it befalls.
        address: By which the services reach the server.
        weather: Makes the weather of a connection.
    """

    name: str
    target: str
    address: Address
    weather: Callable[[Struck], Bad]

    async def strike(self, seconds: float) -> bool:
        """Have it, and end the connections that are of no use any more."""
        struck = Struck()
        self.address.change(lambda: self.weather(struck))
        await asyncio.sleep(seconds)
        spoilt = [
            joint
            for joint in self.address.joints
            if isinstance(joint.weather, Bad) and joint.weather.is_spoilt
        ]
        self.address.change(Fair)
        for joint in spoilt:
            joint.cut(by_reset=True)
        return struck.connections > 0


@attrs.frozen(kw_only=True)
class Down(Fault):
    """
    A server that refuses connections, and has ended those that there were.

    Args:
        target: What it befalls.
        address: By which the services reach the server.
    """

    name: str = "connections refused"
    target: str
    address: Address

    async def strike(self, seconds: float) -> bool:
        """End all connections, and take no more for a while."""
        self.address.is_open = False
        ended = list(self.address.joints)
        for joint in ended:
            joint.cut(by_reset=False)
        await asyncio.sleep(seconds)
        self.address.is_open = True
        return bool(ended)


@attrs.frozen(kw_only=True)
class Flushed(Fault):
    """Redis, which forgets everything at once."""

    name: str = "redis flushed"
    target: str = "redis"
    scene: Scene

    async def strike(self, seconds: float) -> bool:  # noqa: ARG002 - it takes no time
        """Have it forget; what it held counts as hit."""
        server = self.scene.sandbox.servers.redis
        async with open_redis(RedisSettings(host=server.host, port=server.port)) as redis:
            held = int(await redis.dbsize())
            await redis.flushall()
        return held > 0


@attrs.frozen(kw_only=True)
class ReadOnly(Fault):
    """The primary, which takes no writes, as one that was demoted."""

    name: str = "postgres read-only"
    target: str = "postgres"
    scene: Scene

    async def strike(self, seconds: float) -> bool:
        """Have it refuse writes for a while."""
        database = self.scene.sandbox.servers.database
        await _configure(database, f"{_READ_ONLY}on")
        is_hit = await self.scene.is_posted()
        await asyncio.sleep(seconds)
        await _configure(database, f"{_READ_ONLY}off")
        return is_hit


@attrs.frozen(kw_only=True)
class Lies(Fault):
    """
    Auth and Core, which say what is not so.

    Args:
        name: What kind of fault it is.
        target: What it befalls.
        scene: Where it is.
        lie: The world as they then see it.
    """

    name: str
    target: str = "world"
    scene: Scene
    lie: Callable[[World], World]

    async def strike(self, seconds: float) -> bool:
        """Have them lie for a while."""
        file = WorldFile(Path(self.scene.sandbox.world))
        truth = file.read()
        file.write(self.lie(truth))
        is_hit = await self.scene.has_deliveries()
        await asyncio.sleep(seconds)
        is_hit = is_hit or await self.scene.has_deliveries()
        file.write(truth)
        return is_hit


@attrs.frozen(kw_only=True)
class BrokerDown(Fault):
    """
    The broker: the sandbox's drops all connections and refuses new ones, another is killed.

    Args:
        name: What kind of fault it is.
        target: What it befalls.
        scene: Where it is.
        kafka: The broker.
    """

    name: str
    target: str = "kafka"
    scene: Scene
    kafka: Kafka

    async def strike(self, seconds: float) -> bool:
        """Have it down for a while; events that wait meanwhile are hit."""
        if not await under_way(self.scene.has_events):
            return False
        await asyncio.to_thread(self.kafka.down)
        await asyncio.sleep(seconds)
        is_hit = await self.scene.has_events()
        await asyncio.to_thread(self.kafka.up)
        return is_hit


@attrs.frozen(kw_only=True)
class BrokerSlow(BrokerDown):
    """The sandbox's broker, which answers late."""

    async def strike(self, seconds: float) -> bool:
        """Have it slow for a while."""
        if not await under_way(self.scene.has_events):
            return False
        await asyncio.to_thread(self.kafka.delay, seconds / 2)
        await asyncio.sleep(seconds)
        is_hit = await self.scene.has_events()
        await asyncio.to_thread(self.kafka.delay, 0)
        return is_hit


async def under_way(in_flight: InFlight) -> bool:
    """Wait for a moment at which something is; False if none comes soon."""
    for _ in range(_TRIES):
        if await in_flight():
            return True
        await asyncio.sleep(_BETWEEN_TRIES)
    return False


async def caught(processes: Sequence[Child], in_flight: InFlight) -> list[int] | None:
    """
    Freeze processes in the middle of something; return who serves for them.

    Returns:
        None if they never were: then they go on.
    """
    for _ in range(_TRIES):
        serving = await asyncio.to_thread(freeze, processes)
        if await in_flight():
            return serving
        await asyncio.to_thread(thaw, processes, serving)
        await asyncio.sleep(_BETWEEN_TRIES)
    return None


def _died(process: Child) -> bool:
    """Tell whether the failpoint was reached; if not, end the process."""
    for _ in range(int(_DIES_WITHIN / _BETWEEN_TRIES)):
        if process.exit_code is not None:
            return process.exit_code == -signal.SIGKILL
        time.sleep(_BETWEEN_TRIES)
    process.kill()
    return False


async def _configure(database: Database, statement: str) -> None:
    connection = await asyncpg.connect(
        host=database.host,
        port=database.port,
        user=ADMIN,
        password=database.password,
        database=database.name,
        server_settings={"default_transaction_read_only": "off"},
    )
    try:
        await connection.execute(statement)
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()
