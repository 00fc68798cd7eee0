"""A primary that takes no writes is noticed, and left as soon as there is one that does."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import attrs
import grpc
import httpx
import pytest
import pytest_asyncio

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.postgres.statuses import PostgresStatuses
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.errors import Unavailable
from referrals_domain.testing import builders
from referrals_sandbox.servers import postgres
from referrals_sandbox.servers.proxy import Address, leading_to
from tests.trouble.ground import (
    Frontend,
    Ground,
    code_of,
    connected,
    running_grpc,
    settings_of,
)
from tests.waiting import until
from tests.webhook.orders import PATH, SECRET, order, signed
from tests.webhook.program import Program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.postgres.pool import Pool
    from referrals_sandbox.servers.postgres import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOON: Final = 10.0
OK: Final = grpc.StatusCode.OK
NOBODY: Final = "99999999-9999-4999-8999-999999999998"
AWAY: Final = grpc.StatusCode.UNAVAILABLE


@attrs.frozen(kw_only=True)
class Services:
    """
    Both services, which find their database at an address that may lead elsewhere.

    Args:
        address: That address.
        frontend: A frontend of the gRPC service.
        link_id: The link of an advocate.
        shop: Shopify, as a client of the webhook service.
    """

    address: Address
    frontend: Frontend
    link_id: str
    shop: httpx.AsyncClient

    async def share(self) -> grpc.StatusCode:
        return await code_of(self.frontend.share(self.link_id, SOON))

    async def put_program(self) -> grpc.StatusCode:
        return await code_of(self.frontend.open_program())

    async def tell_fresh(self, referral_id: str) -> bool:
        if await code_of(self.frontend.status(referral_id)) is not OK:
            return False
        return not (await self.frontend.status(referral_id)).stale

    async def deliver(self) -> int:
        body = order()
        return (await self.shop.post(PATH, content=body, headers=signed(body))).status_code

    async def take_writes(self) -> bool:
        written = await asyncio.gather(self.share(), self.put_program())
        return [*written, await self.deliver()] == [OK, OK, 200]

    async def take_no_writes(self) -> bool:
        written = await asyncio.gather(self.share(), self.put_program())
        return [*written, await self.deliver()] == [AWAY, AWAY, 503]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def services(ground: Ground) -> AsyncIterator[Services]:
    async with (
        leading_to(ground.database.port) as address,
        running_grpc(ground, REFERRALS_DB_PORT=str(address.port)) as frontend,
        running_webhook(ground, address) as shop,
    ):
        link_id = await frontend.open_program()
        yield Services(address=address, frontend=frontend, link_id=link_id, shop=shop)


@asynccontextmanager
async def running_webhook(ground: Ground, address: Address) -> AsyncIterator[httpx.AsyncClient]:
    environment = ground.environment(
        REFERRALS_DB_PORT=str(address.port),
        REFERRALS_WEBHOOK_LISTEN="127.0.0.1:0",
        SHOPIFY_API_SECRET=SECRET,
    )
    program = Program(supervisor=ground.supervisor, environment=environment)
    try:
        url = await program.start("run", "--role", "http").url()
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=SOON) as client:
            yield client
    finally:
        await asyncio.to_thread(program.end)


async def test_while_the_primary_takes_no_writes_they_are_refused_and_then_taken_again(
    ground: Ground, services: Services
) -> None:
    shared = (await services.frontend.share(services.link_id)).id
    assert await services.take_writes()
    async with read_only(ground):
        await until(services.take_no_writes)
        assert await services.take_no_writes()
        told = await services.frontend.status(shared)
        assert (told.status, told.stale) == (pb.REFERRAL_STATUS_PENDING, True)
        assert await code_of(services.frontend.status(NOBODY)) is AWAY
    await until(services.take_writes)
    assert not await ground.cached(shared, NOBODY)
    assert not (await services.frontend.status(shared)).stale


async def test_connections_to_a_primary_that_takes_no_writes_are_left_for_where_the_address_leads(
    ground: Ground, services: Services
) -> None:
    successor = postgres.start_replica(
        ground.supervisor, ground.database, name="postgres-successor"
    )
    assert await services.take_writes()
    async with read_only(ground), connected(successor, admin=True) as admin:
        await until(services.take_no_writes)
        assert await admin.fetchval("SELECT pg_promote()")
        services.address.leads_to = successor.port
        await until(services.take_writes)
        shared = (await services.frontend.share(services.link_id)).id
        await until(lambda: services.tell_fresh(shared))
        assert not await has(ground.database, shared)
    services.address.leads_to = ground.database.port
    assert successor.process
    successor.process.kill()
    await until(services.take_writes)


async def test_after_a_demotion_writes_are_refused_and_statuses_are_stale_until_it_is_undone(
    ground: Ground, services: Services
) -> None:
    shared = (await services.frontend.share(services.link_id)).id
    async with demoted(ground):
        for _ in range(3):
            assert await services.take_no_writes()
        assert (await services.frontend.status(shared)).stale
    await until(services.take_writes)
    assert not (await services.frontend.status(shared)).stale


async def test_a_standby_is_not_taken_for_a_primary(ground: Ground) -> None:
    settings, key = settings_of(ground.database), builders.referral().key
    async with demoted(ground):
        async with open_pool(settings) as pool:
            for _ in range(2):
                with pytest.raises(Unavailable):
                    await read_program(pool)
        async with open_pool(settings, primary=False) as pool:
            await read_program(pool)
            assert await PostgresStatuses(pool).read([key]) == {}


@asynccontextmanager
async def read_only(ground: Ground) -> AsyncIterator[None]:
    """Have the primary take no writes within the block, whoever is connected."""
    async with connected(ground.database, admin=True) as admin:
        await admin.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        await admin.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            await admin.execute("ALTER SYSTEM RESET default_transaction_read_only")
            await admin.execute("SELECT pg_reload_conf()")


@asynccontextmanager
async def demoted(ground: Ground) -> AsyncIterator[None]:
    """Make the primary a standby within the block, as a fail-over does."""
    ground.postgres.stop()
    (ground.supervisor.work_dir / "postgres" / "standby.signal").touch()
    ground.postgres.start()
    try:
        yield
    finally:
        async with connected(ground.database, admin=True) as admin:
            await admin.fetchval("SELECT pg_promote()")


async def read_program(pool: Pool) -> None:
    async with PostgresTransaction(pool) as tx:
        await tx.programs.get([builders.MERCHANT])


async def has(database: Database, referral_id: str) -> bool:
    async with connected(database) as connection:
        found: bool = await connection.fetchval(
            "SELECT EXISTS (SELECT FROM referrals WHERE id = $1)", referral_id
        )
    return found
