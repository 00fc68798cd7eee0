"""A transaction to begin, a counter of statements, and other processes."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest
import pytest_asyncio

from referrals_adapters.postgres.engine import open_engine
from referrals_adapters.postgres.migrate import migrate
from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.postgres.settings import PostgresSettings
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.testing import builders
from referrals_sandbox.servers import postgres
from referrals_sandbox.servers.child import Child
from referrals_sandbox.servers.supervisor import supervising
from tests.statements import noted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.pool import Pool
    from referrals_domain.testing.contracts.begin import Begin


_SETTINGS: Final = """
import asyncio, os
from referrals_adapters.postgres.settings import PostgresSettings
from referrals_adapters.wire.variables import Variables
settings = PostgresSettings.read(Variables(os.environ))
"""


@pytest.fixture
def begin(pool: Pool) -> Begin:
    return partial(PostgresTransaction, pool)


@pytest.fixture
async def begin_with_link(begin: Begin) -> Begin:
    async with begin() as tx:
        await tx.programs.save(builders.program())
        await tx.links.add(builders.link())
        await tx.commit()
    return begin


@pytest.fixture
async def walled_engine(walled_database: PostgresSettings) -> AsyncIterator[AsyncEngine]:
    """A way to look with the eyes of the gRPC service's user."""
    async with open_engine(walled_database) as engine:
        yield engine


@pytest.fixture
async def walled_pool(walled_database: PostgresSettings) -> AsyncIterator[Pool]:
    """The gRPC service's own connections."""
    async with open_pool(walled_database) as pool:
        yield pool


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """The statements that were sent; whoever wants to count them empties it first."""
    statements: list[str] = []
    with noted(lambda statement, _: statements.append(statement)):
        yield statements


@pytest.fixture
def asked() -> Iterator[list[tuple[str, Any]]]:
    """The statements that were sent, with their arguments."""
    statements: list[tuple[str, Any]] = []
    with noted(lambda *one: statements.append(one)):
        yield statements


@attrs.frozen
class OwnServer:
    """
    A server that these tests may kill and freeze, with the schema in its database.

    Args:
        settings: How the services reach it.
        owner: How its owner does.
        process: The server.
    """

    settings: PostgresSettings
    owner: PostgresSettings
    process: Child


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def own_server() -> AsyncIterator[OwnServer]:
    with supervising() as supervisor:
        server = postgres.launch(supervisor, port=None, settings={"fsync": "off"})()
        settings = PostgresSettings(
            host=server.host,
            port=server.port,
            name=server.name,
            user=server.user,
            password=server.password,
        )
        owner = attrs.evolve(settings, user=server.owner, password=server.owner_password)
        await migrate(owner)
        assert server.process
        yield OwnServer(settings, owner, server.process)


@pytest.fixture
async def elsewhere() -> AsyncIterator[Callable[[str, PostgresSettings], Awaitable[Process]]]:
    """Run a program, which is given `settings`, in a process of its own."""
    async with AsyncExitStack() as processes:

        async def run(program: str, settings: PostgresSettings) -> Process:
            return await processes.enter_async_context(_running(program, settings))

        yield run


@asynccontextmanager
async def _running(program: str, settings: PostgresSettings) -> AsyncIterator[Process]:
    environment = {
        **os.environ,
        "REFERRALS_DB_HOST": settings.host,
        "REFERRALS_DB_PORT": str(settings.port),
        "REFERRALS_DB_NAME": settings.name,
        "REFERRALS_DB_USER": settings.user,
        "REFERRALS_DB_PASSWORD": settings.password.revealed(),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SETTINGS + program, env=environment, stdin=PIPE, stdout=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
