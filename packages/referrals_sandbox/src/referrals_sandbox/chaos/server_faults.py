"""Servers and neighbours that go on, and do what they should not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import asyncpg
import attrs

from referrals_adapters.redis.client import open_redis
from referrals_adapters.redis.settings import RedisSettings
from referrals_sandbox.chaos.faults import Fault, under_way
from referrals_sandbox.chaos.scene import Scene
from referrals_sandbox.neighbours.world import World, WorldFile
from referrals_sandbox.servers.kafka import Kafka
from referrals_sandbox.servers.postgres import ADMIN, Database

_READ_ONLY: Final = "ALTER SYSTEM SET default_transaction_read_only = "


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
