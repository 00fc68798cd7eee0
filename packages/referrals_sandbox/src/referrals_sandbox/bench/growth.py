"""
Growth: R and C with many referrals, between R and C with few.

Two databases of one server, each with services of its own, which run side by side and are asked
in turns: so nothing but the number of referrals is different.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.bench import cpu, reads, tables, webhooks
from referrals_sandbox.bench.conversions import Conversions
from referrals_sandbox.bench.crowd import crowd, some_expired
from referrals_sandbox.bench.figures import Alternated, Slice
from referrals_sandbox.bench.load import Ask, Meter, ask_for, ask_times
from referrals_sandbox.bench.measuring import apart
from referrals_sandbox.bench.orders import Orders
from referrals_sandbox.bench.plan import Plan
from referrals_sandbox.bench.rounds import alternated
from referrals_sandbox.bench.stage import Stage
from referrals_sandbox.bench.tables import Tables
from referrals_sandbox.composition import services
from referrals_sandbox.composition.services import Service
from referrals_sandbox.composition.shops import open_shops
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.listening import listening_on
from referrals_sandbox.servers.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

    from referrals_sandbox.composition.sandbox import Sandbox
    from referrals_sandbox.servers.child import Child

_NAME: Final = "REFERRALS_DB_NAME"
_ROLES: Final = ("http", "worker", "relay")
_KNOWN, _ASKED = 5, 2  # one in so many of the few is in Redis, one in so many asked for at all
_OFTEN: Final = 3  # to ask for each, for it to be in Redis: what Redis is late for is not filled
_PART: Final = 0.5  # of a slice of R by itself: here there are twice as many
_MORE: Final = 2  # times the rounds: a tenth is to be told, which a slice of C is often off by


@attrs.frozen(kw_only=True)
class Growth:
    """
    What came of it.

    Args:
        r: Reads with many referrals, between reads with few.
        c: Conversions with many, between conversions with few.
    """

    r: Alternated
    c: Alternated


async def growth(sandbox: Sandbox, connection: asyncpg.Connection, plan: Plan) -> Growth:
    """
    Measure both.

    Args:
        sandbox: None of its roles runs.
        connection: As one who may make databases.
        plan: How many are few and many, how long, and how often.

    Raises:
        SandboxError: Something does not come up, or answers wrong.
    """
    async with AsyncExitStack() as stack:
        few, many = [
            await stack.enter_async_context(_side(sandbox, connection, name, referrals, plan))
            for name, referrals in (("few", plan.few), ("many", plan.many))
        ]
        for side in (few, many):
            await side.warm_up()
        rounds = _MORE * plan.rounds
        # At once, for within the block there is but one CPU to be seen.
        with cpu.pinned({**apart(few.meter, "grpc"), **apart(many.meter, "grpc")}):
            r = await alternated(rounds, few=few.read, many=many.read)
        c = await alternated(rounds, few=few.convert, many=many.convert)
        for side in (few, many):
            await side.require_all_completed()
    return Growth(r=r, c=c)


@attrs.frozen(kw_only=True)
class _Side:
    """
    The services on a database of their own, and who asks them.

    Args:
        plan: How long, and how often.
        meter: Tells what its processes spend.
        tables: Its database.
        merchants: Whose referrals there are.
        completed: How many an order had completed before.
        reading: Opens the connections of who asks for statuses.
        addresses: Where orders are posted.
        next_order: Makes them.
        posted: How many, in each slice.
    """

    plan: Plan
    meter: Meter
    tables: Tables
    merchants: Sequence[str]
    completed: int
    reading: Callable[[], AbstractAsyncContextManager[Sequence[Ask]]]
    addresses: Sequence[str]
    next_order: Callable[[], bytes]
    posted: list[int] = attrs.field(factory=list)

    async def read(self) -> Slice:
        """Measure a slice of R."""
        # On new connections: how they fall on the servers of a process is chance.
        async with self.reading() as readers:
            return await ask_for(_PART * self.plan.reads, readers, self.meter)

    async def convert(self) -> Slice:
        """Measure a slice of C."""
        return await self._convert_for(self.plan.conversions)

    async def warm_up(self) -> None:
        """Have statuses in Redis, and orders get through: then all roles are up."""
        async with self.reading() as readers:
            await ask_times(_OFTEN * (self.plan.few // _KNOWN), readers)
        await self._convert_for(0)

    async def _convert_for(self, seconds: float) -> Slice:
        # On new connections: the service ends those that are idle.
        async with webhooks.posting(self.addresses, self.next_order) as askers:
            conversions = Conversions(self.tables.waiting, askers)
            measured = await conversions.run(seconds, self.meter, ramp=self.plan.ramp)
        self.posted.append(conversions.begun)
        return measured

    async def require_all_completed(self) -> None:
        """
        Require that each order that was posted completed a referral.

        Raises:
            SandboxError: One did not.
        """
        completed = await self.tables.conversions(self.merchants) - self.completed
        if completed != sum(self.posted):
            raise SandboxError(f"{sum(self.posted)} orders completed {completed} referrals")


@asynccontextmanager
async def _side(
    sandbox: Sandbox, connection: asyncpg.Connection, name: str, referrals: int, plan: Plan
) -> AsyncIterator[_Side]:
    """Open one that has so many referrals."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        stage = await enter(_installed(sandbox, connection, name))
        sandbox, database = stage.sandbox, stage.sandbox.servers.database
        links = await asyncio.to_thread(open_shops, sandbox)
        merchants = sorted({link.merchant_id for link in links})
        orders = Orders(links, sandbox.shopify_secret)
        opened = await enter(tables.opened(database))
        await stage.start(*_ROLES)
        async with webhooks.posting(stage.webhook_addresses, orders.next) as askers:
            await Conversions(opened.waiting, askers).run(0, Meter({}), ramp=plan.ramp)
        await stage.stop()  # the crowd has tables to itself
        await crowd(database, merchants, referrals)
        await stage.start(*_ROLES)
        stack.push_async_callback(stage.stop)
        known, asked = plan.few // _KNOWN, plan.few // _ASKED
        requests = reads.Requests.of(some_expired(merchants, referrals, asked), known=known)
        expired = pb.REFERRAL_STATUS_EXPIRED
        yield _Side(
            plan=plan,
            meter=Meter(stage.processes()),
            tables=opened,
            merchants=merchants,
            completed=await opened.conversions(merchants),
            reading=partial(reads.statuses, sandbox.grpc, sandbox.token, requests.next, expired),
            addresses=stage.webhook_addresses,
            next_order=orders.next,
        )


@asynccontextmanager
async def _installed(
    sandbox: Sandbox, connection: asyncpg.Connection, name: str
) -> AsyncIterator[Stage]:
    """Make a database, bring the schema up there, and start the gRPC service on it."""
    servers, process = sandbox.servers, sandbox.grpc_service.process
    database = attrs.evolve(servers.database, name=f"{servers.database.name}_{name}")
    servers = attrs.evolve(servers, database=database)
    own = {_NAME: database.name}

    def launch(port: int) -> Child:
        listen = {"REFERRALS_GRPC_LISTEN": f"{LOOPBACK}:{port}"}
        command = attrs.evolve(
            process.command,
            name=f"{process.command.name}-{name}",
            environment={**process.command.environment, **own, **listen},
        )
        return servers.supervisor.launch(command)

    await connection.execute(f"CREATE DATABASE {database.name}")
    try:
        settings = {**process.command.environment, **servers.owner_environment()}
        await asyncio.to_thread(services.migrate, servers.supervisor, settings)
        grpc, port = await asyncio.to_thread(listening_on, None, launch)
        try:
            address = f"{LOOPBACK}:{port}"
            there = attrs.evolve(
                sandbox,
                servers=servers,
                grpc=address,
                grpc_service=Service(address=address, process=grpc),
            )
            yield Stage(sandbox=there, named=f"-{name}", settings=own)
        finally:
            await asyncio.to_thread(grpc.stop)
    finally:
        await connection.execute(f"DROP DATABASE {database.name} WITH (FORCE)")
