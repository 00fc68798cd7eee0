"""The servers of the sandbox, once a run; an empty database and new neighbours a test."""

from __future__ import annotations

import logging
import os
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import asyncpg
import attrs
import pytest
import pytest_asyncio
from hypothesis import Phase, settings
from sqlalchemy import delete

from referrals_adapters.postgres.engine import open_engine
from referrals_adapters.postgres.migrate import migrate
from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.postgres.settings import PostgresSettings
from referrals_adapters.postgres.tables import metadata
from referrals_adapters.telemetry.logs import WORTH_READING
from referrals_sandbox.servers.running import running
from tests import neighbours, tally
from tests.browser import NoBrowser, executable, launched, opened
from tests.neighbours import answering

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from playwright.async_api import Browser, Page
    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.pool import Pool
    from referrals_sandbox.servers.postgres import Database
    from referrals_sandbox.servers.running import Servers
    from tests.neighbours import Neighbour

# Else each of some two hundred processes that tests start would compile our modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

_END_OTHERS: Final = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend';
"""
_EMPTY: Final = "".join(f"{delete(table)};" for table in metadata.sorted_tables)


settings.register_profile("thorough", max_examples=2000)
settings.register_profile(  # the same examples for each mutant, and no thought about the smallest
    "mutation", database=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Have a worker of pytest-xdist tell the others what it tried."""
    if output := getattr(session.config, "workeroutput", None):
        output["tried"] = dict(tally.TRIED)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what a worker of pytest-xdist tried."""
    tally.TRIED.update(getattr(node, "workeroutput", {}).get("tried", {}))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a browser where there is none: from here, so that one line tells of all."""
    if "browser" in getattr(item, "fixturenames", ()):
        try:
            executable()
        except NoBrowser as error:
            pytest.skip(str(error))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how much was tried."""
    for line in tally.summary():
        terminalreporter.write_line(line)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind: not even pytest's own folders, unless they hold a failure's files."""
    if hasattr(config, "workerinput"):  # the folders are those of the process above
        return
    factory = config._tmp_path_factory  # type: ignore[attr-defined] # noqa: SLF001 - told nowhere else
    folder: Path | None = factory._basetemp  # noqa: SLF001 - asking for it would create it
    for empty in (folder, folder.parent) if folder else ():
        with suppress(OSError):
            empty.rmdir()


@pytest.fixture(autouse=True)
def _logs_stay_as_they_were() -> Iterator[None]:
    """Take back what a test's own `main` decided about logs."""
    root = logging.getLogger()
    before = {one: one.level for one in (root, *map(logging.getLogger, WORTH_READING))}
    handlers = root.handlers[:]
    yield
    root.handlers[:] = handlers
    for one, level in before.items():
        one.setLevel(level)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """PostgreSQL, Valkey and Kafka; what is stored may be lost when they are killed."""
    with running(settings=os.environ, postgres_settings={"fsync": "off"}) as servers:
        yield servers


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def migrated(servers: Servers) -> AsyncIterator[PostgresSettings]:
    """The database with the schema that tests use one after the other, as its owner."""
    async with new_database(servers) as migrated:
        await migrate(migrated)
        yield migrated


@pytest.fixture
async def database(
    servers: Servers, migrated: PostgresSettings
) -> AsyncIterator[PostgresSettings]:
    """
    A database with the schema and nothing in it, as the webhook service's roles see it.

    Emptying it takes 15 ms. Copying a template took 15 to 250 ms, as the disk pleased; tests that
    change more than rows take `blank_database`.
    """
    yield of_services(servers.database, migrated)
    await execute(migrated, _END_OTHERS + _EMPTY)


@pytest.fixture
def walled_database(servers: Servers, database: PostgresSettings) -> PostgresSettings:
    """The same as the gRPC service sees it: no row unless it says for whom it acts."""
    return of_grpc(servers.database, database)


@pytest.fixture
async def blank_database(servers: Servers) -> AsyncIterator[PostgresSettings]:
    """A new database without tables, as its owner."""
    async with new_database(servers) as blank:
        yield blank


@pytest.fixture
async def engine(database: PostgresSettings) -> AsyncIterator[AsyncEngine]:
    """A way to look at the test's database past the adapters."""
    async with open_engine(database) as engine:
        yield engine


@pytest.fixture
async def pool(database: PostgresSettings) -> AsyncIterator[Pool]:
    """The adapters' connections to the test's database."""
    async with open_pool(database) as pool:
        yield pool


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium; its tests run on the session's loop."""
    async with launched() as chromium:
        yield chromium


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page in a profile of its own."""
    async with opened(browser) as page:
        yield page


@pytest.fixture
async def auth() -> AsyncIterator[Neighbour]:
    """Auth, on a socket; what it answers and heard is the test's."""
    async with answering(neighbours.auth()) as auth:
        yield auth


@pytest.fixture
async def core() -> AsyncIterator[Neighbour]:
    """Core, in the same way."""
    async with answering(neighbours.core()) as core:
        yield core


@asynccontextmanager
async def new_database(servers: Servers) -> AsyncIterator[PostgresSettings]:
    """Make a database, as its owner, and drop it at the end."""
    server = servers.database
    maintenance = PostgresSettings(
        host=server.host,
        port=server.port,
        name=server.name,
        user=server.owner,
        password=server.owner_password,
    )
    name = f"test_{uuid4().hex}"
    await execute(maintenance, f"CREATE DATABASE {name}")
    try:
        yield attrs.evolve(maintenance, name=name)
    finally:
        await execute(maintenance, f"DROP DATABASE {name} WITH (FORCE)")


def of_services(server: Database, settings: PostgresSettings) -> PostgresSettings:
    """Return how the webhook service's roles reach a database of a server."""
    return attrs.evolve(settings, user=server.user, password=server.password)


def of_grpc(server: Database, settings: PostgresSettings) -> PostgresSettings:
    """Return how the gRPC service reaches a database of a server."""
    return attrs.evolve(settings, user=server.grpc_user, password=server.grpc_password)


async def execute(settings: PostgresSettings, statements: str) -> None:
    async with connected(settings) as connection:
        await connection.execute(statements)


@asynccontextmanager
async def connected(settings: PostgresSettings) -> AsyncIterator[asyncpg.Connection]:
    """Connect without what our services ask of a connection."""
    connection = await asyncpg.connect(
        host=settings.host,
        port=settings.port,
        user=settings.user,
        password=settings.password.revealed(),
        database=settings.name,
    )
    try:
        yield connection
    finally:
        await connection.close()
