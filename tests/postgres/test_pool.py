"""What the pool does with its connections."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import asyncpg
import attrs
import pytest

from referrals_adapters.postgres.leadership import PostgresLeadership
from referrals_adapters.postgres.pool import Pool, open_pool
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_domain.errors import Unavailable
from referrals_domain.testing import builders
from tests.waiting import until

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from referrals_adapters.postgres.settings import PostgresSettings

_ASKED_LAST = """
    SELECT query FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


async def test_who_leaves_without_a_commit_asks_to_roll_back_and_for_nothing_more(
    pool: Pool, engine: AsyncEngine
) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: complaints.append(about))
    async with PostgresTransaction(pool) as tx:
        await tx.programs.save(builders.program())
    assert await _asked_last(engine) == ["ROLLBACK"]
    assert not complaints  # such as asyncpg's of what is given back within a transaction


async def test_who_has_an_answer_keeps_it_though_the_connection_is_lost_as_it_is_given_back(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def release(_: Pool, connection: Any) -> None:
        connection.terminate()
        raise asyncpg.InternalClientError

    monkeypatch.setattr(Pool, "release", release)
    async with PostgresTransaction(pool) as tx:
        assert await tx.programs.get([builders.MERCHANT]) == {}
    assert pool.get_idle_size() == pool.get_size() == 0


async def test_a_pool_is_closed_though_somebody_has_not_given_a_connection_back(
    database: PostgresSettings, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("referrals_adapters.postgres.pool._CLOSE_WITHIN", 0.1)
    async with open_pool(database) as pool:
        taken = await pool.acquire()
    with pytest.raises(asyncpg.InterfaceError):
        await taken.execute("SELECT")

    async def nobody_is_left() -> bool:
        return not await _asked_last(engine)

    await until(nobody_is_left)


async def test_a_leader_does_not_wait_for_ever_to_be_let_in(
    database: PostgresSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("referrals_adapters.postgres.pool.CONNECT_WITHIN", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = attrs.evolve(database, host="127.0.0.1", port=silent.getsockname()[1])
        async with asyncio.timeout(5):
            with pytest.raises(Unavailable):
                await PostgresLeadership(settings, "relay").held().__aenter__()


async def _asked_last(engine: AsyncEngine) -> list[str]:
    """Return what each other session of the database was asked last."""
    async with engine.connect() as connection:
        return list((await connection.exec_driver_sql(_ASKED_LAST)).scalars())
