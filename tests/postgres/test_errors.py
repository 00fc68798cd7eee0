"""Every way in which a database can be away comes out as `Unavailable`, and ends."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from typing import TYPE_CHECKING, Any

import asyncpg
import attrs
import pytest
from sqlalchemy import text

from referrals_adapters.postgres.engine import open_engine
from referrals_adapters.postgres.migrate import migrate
from referrals_adapters.postgres.pool import _SERVER_SETTINGS, open_pool
from referrals_adapters.postgres.statements import asking
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.errors import (
    CodeTaken,
    FriendTaken,
    ReferralsError,
    ShopTaken,
    Stale,
    Unavailable,
)
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.identifiers import CustomerId, LinkId
from referrals_domain.testing import builders
from referrals_sandbox.servers.ports import LOOPBACK
from referrals_sandbox.servers.proxy import Fair, leading_to
from tests.conftest import execute

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.pool import Pool
    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.testing.contracts.begin import Begin
    from tests.postgres.conftest import OwnServer

_ANOTHER_LINK = builders.link(
    id=LinkId("55555555-5555-4555-8555-555555555555"),
    customer_id=CustomerId("5"),
    code=ReferralCode.of_number(5),
)


class UntilExecuted(Fair):
    """What prepares a statement arrives, and what executes it does not."""

    async def request(self, sent: bytes) -> bytes:
        if sent.startswith(b"B"):  # to bind its parameters comes first
            await asyncio.Future()
        return sent


@pytest.mark.parametrize(
    "state",
    [
        "08006",  # connection_failure
        "25006",  # read_only_sql_transaction
        "25P03",  # idle_in_transaction_session_timeout
        "28P01",  # invalid_password
        "3D000",  # invalid_catalog_name
        "40001",  # serialization_failure
        "40P01",  # deadlock_detected
        "53100",  # disk_full
        "53300",  # too_many_connections
        "55P03",  # lock_not_available
        "57014",  # query_canceled, by statement_timeout
        "57P01",  # admin_shutdown
        "57P03",  # cannot_connect_now
        "58030",  # io_error
    ],
)
async def test_what_may_pass_by_itself_is_unavailable(pool: Pool, state: str) -> None:
    with pytest.raises(Unavailable):
        await _raise(pool, f"ERRCODE = '{state}'")


@pytest.mark.parametrize(
    ("constraint", "error"),
    [
        ("pk_programs", Stale),
        ("uq_programs_shop_domain", ShopTaken),
        ("uq_referral_links_code", CodeTaken),
        ("pk_referrals", Stale),
        ("uq_referrals_order_id", Stale),
        ("uq_referrals_friend", FriendTaken),
        ("pk_referral_history", Stale),
    ],
)
async def test_what_must_be_unique_has_an_error_of_its_own(
    pool: Pool, constraint: str, error: type[ReferralsError]
) -> None:
    with pytest.raises(error):
        await _raise(pool, f"ERRCODE = '23505', CONSTRAINT = '{constraint}'")


@pytest.mark.parametrize(
    "options",
    [
        "ERRCODE = '22012'",  # division_by_zero
        "ERRCODE = '42501'",  # insufficient_privilege
        "ERRCODE = '23505', CONSTRAINT = 'somebody_elses'",
        "ERRCODE = '23514', CONSTRAINT = 'ck_referrals_status'",
    ],
)
async def test_what_nobody_foresaw_passes_through(pool: Pool, options: str) -> None:
    with pytest.raises(asyncpg.PostgresError):
        await _raise(pool, options)


async def test_nobody_listening_is_unavailable(database: PostgresSettings) -> None:
    async with open_pool(attrs.evolve(database, port=1)) as pool:
        with pytest.raises(Unavailable):
            await _read(partial(PostgresTransaction, pool))


@pytest.mark.parametrize("wrong", [{"password": "x"}, {"user": "nobody"}, {"name": "nowhere"}])
async def test_who_is_not_let_in_is_told_without_the_password(
    database: PostgresSettings, wrong: dict[str, Any]
) -> None:
    async with open_pool(attrs.evolve(database, **wrong)) as pool:
        with pytest.raises(Unavailable, match=r"^PostgreSQL: Invalid\w+Error$"):
            await _read(partial(PostgresTransaction, pool))


async def test_a_host_that_does_not_exist_is_unavailable(database: PostgresSettings) -> None:
    async with open_pool(attrs.evolve(database, host="nowhere.invalid")) as pool:
        with pytest.raises(Unavailable):
            await _read(partial(PostgresTransaction, pool))


async def test_a_pool_that_stays_empty_is_unavailable(
    database: PostgresSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("referrals_adapters.postgres.statements.CONNECT_WITHIN", 0.3)
    async with open_pool(database, connections=1) as pool:
        begin = partial(PostgresTransaction, pool)
        async with begin() as tx:
            await tx.programs.get([builders.MERCHANT])
            with pytest.raises(Unavailable):
                await _read(begin)


async def test_a_session_ended_in_a_transaction_is_unavailable_and_then_replaced(
    begin: Begin, database: PostgresSettings
) -> None:
    async with begin() as tx:
        await tx.programs.save(builders.program())
        await _end_sessions(database)
        with pytest.raises(Unavailable):
            await tx.programs.get([builders.MERCHANT])
    assert await _read(begin) is False


async def test_a_commit_whose_session_ended_is_unavailable(
    begin: Begin, database: PostgresSettings
) -> None:
    async with begin() as tx:
        await tx.programs.save(builders.program())
        await _end_sessions(database)
        with pytest.raises(Unavailable):
            await tx.commit()
    assert await _read(begin) is False


async def test_sessions_ended_while_nobody_used_them_are_not_noticed(
    begin: Begin, database: PostgresSettings
) -> None:
    await asyncio.gather(*(_read(begin) for _ in range(5)))
    await _end_sessions(database)
    await asyncio.sleep(0.1)
    assert await asyncio.gather(*(_read(begin) for _ in range(5))) == [False] * 5


async def test_a_primary_that_became_read_only_is_left(blank_database: PostgresSettings) -> None:
    await migrate(blank_database)
    async with open_pool(blank_database) as pool, open_engine(blank_database) as other:
        begin = partial(PostgresTransaction, pool)
        await _alter(other, blank_database, "SET default_transaction_read_only = on")
        with pytest.raises(Unavailable):
            await _save(begin)
        await _alter(other, blank_database, "RESET default_transaction_read_only")
        await _save(begin)


async def test_a_plan_that_a_migration_made_void_is_made_again(
    blank_database: PostgresSettings,
) -> None:
    await migrate(blank_database)
    async with open_pool(blank_database) as pool, open_engine(blank_database) as other:
        begin = partial(PostgresTransaction, pool)
        await _read(begin)
        async with other.begin() as connection:
            change = "ALTER TABLE programs ALTER code_prefix TYPE varchar(20)"
            await connection.execute(text(change))
        with pytest.raises(Unavailable):
            await _read(begin)
        assert await _read(begin) is False


async def test_more_connections_than_the_server_allows_are_unavailable(
    blank_database: PostgresSettings,
) -> None:
    await migrate(blank_database)
    async with open_pool(blank_database) as pool, open_engine(blank_database) as other:
        await _alter(other, blank_database, "CONNECTION LIMIT 1")
        with pytest.raises(Unavailable):
            await _read(partial(PostgresTransaction, pool))


@pytest.mark.parametrize(
    "limit",
    ["statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"],
)
async def test_no_session_keeps_its_locks_for_ever(pool: Pool, limit: str) -> None:
    assert await pool.fetchval("SELECT current_setting($1)", limit) != "0"


async def test_who_is_lost_while_a_statement_is_prepared_keeps_its_locks_no_longer(
    database: PostgresSettings, begin_with_link: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_SERVER_SETTINGS, "transaction_timeout", "300ms")
    async with leading_to(database.port) as address:
        by_it = attrs.evolve(database, host=LOOPBACK, port=address.port)
        async with open_pool(by_it) as pool, PostgresTransaction(pool) as lost:
            await lost.links.lock([builders.link().key])
            address.change(UntilExecuted)
            waiting = asyncio.create_task(lost.programs.get([builders.MERCHANT]))
            async with asyncio.timeout(2), begin_with_link() as tx:
                await tx.links.lock([builders.link().key])
            with pytest.raises(Unavailable):
                await waiting


async def test_a_deadlock_is_unavailable_for_one_of_the_two(begin: Begin) -> None:
    links = [builders.link(), _ANOTHER_LINK]
    both = asyncio.Barrier(2)

    async def lock(first: int) -> bool:
        try:
            async with begin() as tx:
                await tx.links.lock([links[first].key])
                await both.wait()
                await tx.links.lock([links[1 - first].key])
        except Unavailable:
            return False
        return True

    async with begin() as tx:
        for link in links:
            await tx.links.add(link)
        await tx.commit()
    assert sorted(await asyncio.gather(lock(0), lock(1))) == [False, True]


async def test_a_killed_server_is_unavailable_until_it_is_back(own_server: OwnServer) -> None:
    async with open_pool(own_server.settings) as pool:
        begin = partial(PostgresTransaction, pool)
        await _read(begin)
        own_server.process.kill()
        for _ in range(3):
            with pytest.raises(Unavailable):
                await _read(begin)
        own_server.process.start()
        assert await _read(begin) is False


async def test_a_server_that_does_not_answer_is_unavailable_in_time(
    own_server: OwnServer,
) -> None:
    async with open_pool(own_server.settings, connections=1, answer_within=0.3) as pool:
        begin = partial(PostgresTransaction, pool)
        pid = await pool.fetchval("SELECT pg_backend_pid()")
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(Unavailable):
                await asyncio.wait_for(_read(begin), 5)
            assert await _read(begin) is False
        finally:
            os.kill(pid, signal.SIGCONT)


async def _raise(pool: Pool, options: str) -> None:
    statement = f"DO $$ BEGIN RAISE EXCEPTION USING MESSAGE = 'as told', {options}; END $$"
    async with asking(pool) as statements:
        await statements.rows(text(statement))


async def _read(begin: Begin) -> bool:
    """Tell whether the program is there."""
    async with begin() as tx:
        return bool(await tx.programs.get([builders.MERCHANT]))


async def _save(begin: Begin) -> None:
    async with begin() as tx:
        await tx.programs.save(builders.program())
        await tx.commit()


async def _end_sessions(database: PostgresSettings) -> None:
    """End every other session of the database."""
    await execute(
        database,
        "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


async def _alter(engine: AsyncEngine, database: PostgresSettings, change: str) -> None:
    async with engine.connect() as connection:
        _ = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(f"ALTER DATABASE {database.name} {change}"))
