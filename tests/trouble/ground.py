"""Servers that may be stopped, killed and frozen, and a frontend of our service on them."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import asyncpg
import attrs
import grpc

from referrals_adapters.grpc.channel import open_channel
from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.pb.referrals.v1.referrals_pb2_grpc import ReferralsServiceStub
from referrals_adapters.postgres.settings import PostgresSettings
from referrals_adapters.redis.client import Client, open_redis
from referrals_adapters.redis.settings import RedisSettings
from referrals_domain.testing.builders import ADVOCATE, MERCHANT, SHOP
from referrals_sandbox.servers import linux
from referrals_sandbox.servers.postgres import ADMIN, Database
from referrals_sandbox.servers.supervisor import Supervisor
from referrals_sandbox.servers.valkey import Redis
from tests.waiting import until
from tests.webhook.program import Program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractAsyncContextManager

    from referrals_sandbox.servers.child import Child

TOKEN: Final = (("authorization", "Bearer good"),)
AMPLE: Final = 20.0
"""Seconds: more than any bound that is promised, so that a busy machine does not matter."""

_CONNECTIONS: Final = """
    SELECT count(*) FILTER (WHERE state <> 'idle'),
           count(*) FILTER (WHERE wait_event_type = 'Lock')
    FROM pg_stat_activity WHERE application_name = 'referrals-grpc'
"""


class Connections(NamedTuple):
    """How many connections are in the middle of something, and how many wait for a lock."""

    busy: int
    waiting: int


@attrs.frozen(kw_only=True)
class Ground:
    """
    The servers, with the schema in the database.

    Args:
        supervisor: Runs them, and the services.
        database: PostgreSQL.
        redis: Valkey.
        auth_target: Auth, which vouches for everybody.
    """

    supervisor: Supervisor
    database: Database
    redis: Redis
    auth_target: str

    @property
    def postgres(self) -> Child:
        assert self.database.process
        return self.database.process

    @property
    def valkey(self) -> Child:
        assert self.redis.process
        return self.redis.process

    def cache(self) -> AbstractAsyncContextManager[Client]:
        """Open a client of Valkey."""
        return open_redis(RedisSettings(host=self.redis.host, port=self.redis.port))

    async def cached(self, *referral_ids: str) -> int:
        """Return how many of these referrals have their status in the cache."""
        async with self.cache() as cache:
            held = await cache.mget([f"referral:{MERCHANT}:{one}" for one in referral_ids])
        return sum(isinstance(one, bytes) and one.startswith(b"v|") for one in held)

    async def connections(self) -> Connections:
        """Return what the connections of the gRPC service do at this moment."""
        async with connected(self.database, admin=True) as connection:
            [(busy, waiting)] = await connection.fetch(_CONNECTIONS)
        return Connections(busy, waiting)

    def environment(self, **changes: str) -> dict[str, str]:
        """Return the settings by which a service finds these servers."""
        return {
            **os.environ,
            "REFERRALS_DB_HOST": self.database.host,
            "REFERRALS_DB_PORT": str(self.database.port),
            "REFERRALS_DB_NAME": self.database.name,
            "REFERRALS_DB_USER": self.database.user,
            "REFERRALS_DB_PASSWORD": self.database.password,
            "REFERRALS_REDIS_HOST": self.redis.host,
            "REFERRALS_REDIS_PORT": str(self.redis.port),
            "REFERRALS_GRPC_LISTEN": "127.0.0.1:0",
            "REFERRALS_PUBLIC_URL": "https://go.example",
            "REFERRALS_GRPC_CALLER_LIMIT": "100000",  # trouble comes by crowds
            "REFERRALS_GRPC_MERCHANT_LIMIT": "100000",
            "AUTH_GRPC_TARGET": self.auth_target,
            **changes,
        }


@attrs.frozen
class Frontend:
    """A frontend of the merchant; each of its calls has a deadline, in seconds."""

    stub: ReferralsServiceStub

    async def open_program(self) -> str:
        """Put the merchant's program, and return the id of the advocate's link."""
        program = pb.Program(
            merchant_id=MERCHANT, shop_domain=SHOP, storefront_url="https://acme.example"
        )
        await self.stub.PutProgram(pb.PutProgramRequest(program=program), metadata=TOKEN)
        return (await self.link()).id

    async def link(self, customer_id: str = ADVOCATE, within: float = AMPLE) -> pb.ReferralLink:
        request = pb.CreateReferralLinkRequest(merchant_id=MERCHANT, customer_id=customer_id)
        answer = await self.stub.CreateReferralLink(request, metadata=TOKEN, timeout=within)
        return answer.referral_link

    async def share(self, link_id: str, within: float = AMPLE) -> pb.Referral:
        request = pb.ShareLinkRequest(
            merchant_id=MERCHANT, referral_link_id=link_id, channel=pb.CHANNEL_SMS
        )
        return (await self.stub.ShareLink(request, metadata=TOKEN, timeout=within)).referral

    async def funnel(self, within: float = AMPLE) -> pb.GetFunnelResponse:
        request = pb.GetFunnelRequest(merchant_id=MERCHANT)
        return await self.stub.GetFunnel(request, metadata=TOKEN, timeout=within)

    async def status(
        self, referral_id: str, within: float = AMPLE
    ) -> pb.GetReferralStatusResponse:
        request = pb.GetReferralStatusRequest(merchant_id=MERCHANT, referral_id=referral_id)
        return await self.stub.GetReferralStatus(request, metadata=TOKEN, timeout=within)


async def until_cached(ground: Ground, frontend: Frontend, referral_id: str) -> None:
    """Ask for a status until the cache has it; on a busy machine Redis may seem to be away."""

    async def is_cached() -> bool:
        await frontend.status(referral_id)
        return bool(await ground.cached(referral_id))

    await until(is_cached)


@asynccontextmanager
async def running_grpc(ground: Ground, **changes: str) -> AsyncIterator[Frontend]:
    """Run our gRPC service as a process, within the block."""
    environment = ground.environment(
        REFERRALS_DB_USER=ground.database.grpc_user,
        REFERRALS_DB_PASSWORD=ground.database.grpc_password,
        **changes,
    )
    program = Program(supervisor=ground.supervisor, environment=environment)
    try:
        process = program.start("run", module="referrals_grpc")
        line = await process.says(r"^referrals-grpc listening on (\S+)$")
        async with open_channel(line[1]) as channel:
            yield Frontend(ReferralsServiceStub(channel))
    finally:
        await asyncio.to_thread(program.end)


async def all_arrived(frontend: Frontend) -> None:
    """Wait until the service has begun what it was called for before: it begins in order."""
    for _ in range(3):
        assert await code_of(frontend.status("no id")) is grpc.StatusCode.INVALID_ARGUMENT
    await asyncio.sleep(0.1)  # longer than anybody waits for Redis


async def code_of(call: Any) -> grpc.StatusCode:
    """Await a call, and return how it ended."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@contextmanager
def frozen(process: Child) -> Iterator[None]:
    """Freeze a server within the block, and the processes that serve its connections."""
    process.signal(signal.SIGSTOP)  # first, so that it makes no more of them
    serving = linux.children_of(process.pid)
    for pid in serving:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in serving:
            os.kill(pid, signal.SIGCONT)
        process.signal(signal.SIGCONT)


@contextmanager
def killed(process: Child) -> Iterator[None]:
    """Have no such server within the block."""
    process.kill()
    try:
        yield
    finally:
        process.start()


@asynccontextmanager
async def connected(
    database: Database, *, admin: bool = False
) -> AsyncIterator[asyncpg.Connection]:
    """Connect to a database within the block."""
    connection = await asyncpg.connect(
        host=database.host,
        port=database.port,
        user=ADMIN if admin else database.user,
        password=database.password,
        database=database.name,
    )
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def locked(database: Database, table: str) -> AsyncIterator[None]:
    """Let nobody read or write a table within the block."""
    async with connected(database) as connection, connection.transaction():
        await connection.execute(f"LOCK TABLE {table}")
        yield


def settings_of(database: Database) -> PostgresSettings:
    """Return how the services reach a database."""
    return PostgresSettings(
        host=database.host,
        port=database.port,
        name=database.name,
        user=database.user,
        password=database.password,
    )
