from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from referrals_adapters.postgres.engine import open_engine
from referrals_adapters.postgres.migrate import downgrade, migrate
from referrals_adapters.postgres.pool import _SERVER_SETTINGS
from referrals_adapters.postgres.tables import metadata
from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Awaitable, Callable

    from referrals_adapters.postgres.settings import PostgresSettings

_REVISIONS: Final = tuple(f"{number:04}" for number in range(1, 15))
_COLUMNS: Final = text("""
    SELECT table_name, column_name, data_type, is_nullable, is_identity, column_default
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2
""")
_INDEXES: Final = text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1")
_CONSTRAINTS: Final = text("""
    SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace ORDER BY 1
""")
_POLICIES: Final = text("""
    SELECT tablename, policyname, roles::text, cmd, qual, relrowsecurity
    FROM pg_policies JOIN pg_class ON pg_class.oid = tablename::regclass ORDER BY 1, 2
""")
_FUNCTIONS: Final = text("""
    SELECT pg_get_functiondef(oid), proacl::text FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace ORDER BY 1
""")
_ESTIMATES: Final = text("""
    SELECT attrelid::regclass::text, attname, attoptions FROM pg_attribute
    WHERE attoptions IS NOT NULL ORDER BY 1, 2
""")

_MIGRATE_WHEN_TOLD: Final = """
from referrals_adapters.postgres.migrate import migrate
print("ready", flush=True)
input()
asyncio.run(migrate(settings))
"""


async def test_the_schema_goes_up_and_down_and_up(blank_database: PostgresSettings) -> None:
    blank = await _ask(blank_database, _schema)
    await migrate(blank_database)
    first = await _ask(blank_database, _schema)
    await downgrade(blank_database)
    assert await _ask(blank_database, _schema) == blank
    await migrate(blank_database)
    assert await _ask(blank_database, _schema) == first != blank


async def test_each_way_down_undoes_its_way_up(blank_database: PostgresSettings) -> None:
    await migrate(blank_database, _REVISIONS[0])
    for before, revision in pairwise(_REVISIONS):
        schema = await _ask(blank_database, _schema)
        await migrate(blank_database, revision)
        await downgrade(blank_database, before)
        assert await _ask(blank_database, _schema) == schema
        await migrate(blank_database, revision)
    assert await _ask(blank_database, _differences) == []


async def test_migrating_again_changes_nothing(migrated: PostgresSettings) -> None:
    before = await _ask(migrated, _schema)
    await migrate(migrated)
    assert await _ask(migrated, _schema) == before


async def test_alembic_finds_no_difference_to_the_tables(migrated: PostgresSettings) -> None:
    assert await _ask(migrated, _differences) == []


async def test_neither_does_the_catalogue(
    migrated: PostgresSettings, blank_database: PostgresSettings
) -> None:
    async with open_engine(blank_database) as engine, engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    *ours, walls, functions, estimates = await _ask(migrated, _schema)
    assert [*ours, [], [], []] == await _ask(blank_database, _schema)
    assert walls  # these the migrations alone build
    assert functions
    assert estimates


async def test_of_two_processes_that_migrate_at_once_one_waits(
    blank_database: PostgresSettings,
    elsewhere: Callable[[str, PostgresSettings], Awaitable[Process]],
) -> None:
    processes = [await elsewhere(_MIGRATE_WHEN_TOLD, blank_database) for _ in range(2)]
    for process in processes:
        assert process.stdout
        await process.stdout.readline()
    await asyncio.gather(*(process.communicate(b"\n") for process in processes))
    assert [process.returncode for process in processes] == [0, 0]
    assert await _ask(blank_database, _differences) == []


@pytest.mark.parametrize("limit", ["statement_timeout", "transaction_timeout"])
async def test_a_migration_may_take_longer_than_services_may(
    blank_database: PostgresSettings, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended('migrate', 0))")
    async with open_engine(blank_database) as engine, engine.begin() as another:
        await another.execute(lock)
        monkeypatch.setitem(_SERVER_SETTINGS, limit, "100ms")
        migrating = asyncio.create_task(migrate(blank_database))
        await asyncio.wait({migrating}, timeout=0.3)
    assert await migrating


async def test_a_migration_does_not_queue_behind_a_long_lock(
    blank_database: PostgresSettings,
) -> None:
    await migrate(blank_database)
    async with open_engine(blank_database) as engine, engine.begin() as connection:
        await connection.execute(text("LOCK TABLE referrals IN ACCESS SHARE MODE"))
        with pytest.raises(Unavailable):
            await downgrade(blank_database)
    assert await _ask(blank_database, _differences) == []


def _differences(connection: Connection) -> Any:
    return compare_metadata(MigrationContext.configure(connection), metadata)


def _schema(connection: Connection) -> list[list[tuple[Any, ...]]]:
    """Everything of a schema but Alembic's own table, as the catalogue tells it."""
    queries = (_COLUMNS, _INDEXES, _CONSTRAINTS, _POLICIES, _FUNCTIONS, _ESTIMATES)
    answers = [connection.execute(query).all() for query in queries]
    return [[tuple(row) for row in rows if "alembic_version" not in str(row)] for rows in answers]


async def _ask(settings: PostgresSettings, question: Callable[[Connection], Any]) -> Any:
    async with open_engine(settings) as engine, engine.connect() as connection:
        return await connection.run_sync(question)
