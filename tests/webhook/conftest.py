"""The real program between real servers, with Auth and Core in the test's own process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import asyncpg
import pytest
import pytest_asyncio

from referrals_adapters.postgres.migrate import migrate
from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.testing import builders
from tests.conftest import new_database, of_services
from tests.webhook.door import Door, Kept
from tests.webhook.orders import PREVIOUS_SECRET, SECRET
from tests.webhook.program import Program
from tests.webhook.stage import Stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.pool import Pool
    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_sandbox.servers.running import Servers
    from tests.neighbours import Neighbour


@pytest.fixture
def program(
    servers: Servers, database: PostgresSettings, auth: Neighbour, core: Neighbour
) -> Iterator[Program]:
    program = Program(
        supervisor=servers.supervisor,
        environment={
            **_environment(servers, database),
            "AUTH_GRPC_TARGET": auth.target,
            "CORE_GRPC_TARGET": core.target,
            "AUTH_SERVICE_TOKEN": "of-the-worker",
        },
    )
    yield program
    program.end()


@pytest.fixture
async def stage(engine: AsyncEngine, pool: Pool, servers: Servers) -> Stage:
    stage = Stage(engine=engine, pool=pool, kafka=servers.kafka.address)
    await stage.set()
    return stage


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def open_door(servers: Servers) -> AsyncIterator[Door]:
    """The http role, once a run, with a database of its own."""
    async with new_database(servers) as owned:
        await migrate(owned)
        database = of_services(servers.database, owned)
        async with open_pool(database) as pool, PostgresTransaction(pool) as tx:
            await tx.programs.save(builders.program())
            await tx.links.add(builders.link())
            await tx.commit()
        environment = _environment(servers, database)
        program = Program(
            supervisor=servers.supervisor,
            environment={**environment, "SHOPIFY_API_SECRET_PREVIOUS": PREVIOUS_SECRET},
        )
        yield await Door.of(program.start("run", "--role", "http"), database)
        program.end()


@pytest.fixture
def door(open_door: Door) -> Iterator[Door]:
    """The same; whatever a test does to it, its log stays discreet."""
    yield open_door
    open_door.hang_up()
    open_door.assert_discreet()


@pytest.fixture
async def kept(open_door: Door) -> AsyncIterator[Kept]:
    settings = open_door.database
    connection = await asyncpg.connect(
        host=settings.host,
        port=settings.port,
        user=settings.user,
        password=settings.password.revealed(),
        database=settings.name,
    )
    yield Kept(connection)
    await connection.close()


def _environment(servers: Servers, database: PostgresSettings) -> dict[str, str]:
    return {
        **os.environ,
        **servers.environment(),
        "REFERRALS_DB_NAME": database.name,
        "REFERRALS_WEBHOOK_LISTEN": "127.0.0.1:0",
        "SHOPIFY_API_SECRET": SECRET,
    }
