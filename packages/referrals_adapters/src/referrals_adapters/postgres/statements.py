"""The statements of one transaction."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

import asyncpg

from referrals_adapters.postgres.errors import READ_ONLY, domain_errors, sqlstate
from referrals_adapters.postgres.pool import CONNECT_WITHIN, Pool
from referrals_adapters.postgres.sets import arrays
from referrals_adapters.postgres.sql import sql_of
from referrals_adapters.postgres.uninterrupted import uninterrupted
from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence

    from asyncpg.pool import PoolConnectionProxy
    from sqlalchemy import Executable

    from referrals_adapters.postgres.row import Row

T = TypeVar("T")


class Statements:
    """
    The statements of one transaction: each runs to its end, and fails with the domain's errors.

    SQLAlchemy builds them; asyncpg keeps the connections and executes them, for a third of the
    CPU that SQLAlchemy's engine takes.

    Args:
        pool: Where the connection comes from.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._connection: PoolConnectionProxy[asyncpg.Record] | None = None
        self._answers = True

    async def open(self) -> None:
        """Take a connection from the pool; each statement is a transaction of its own."""
        with domain_errors():
            async with asyncio.timeout(CONNECT_WITHIN):
                self._connection = await self._pool.acquire()

    async def begin(self) -> None:
        """Take a connection from the pool, and begin a transaction."""
        await self.open()
        try:
            await self._finish(self._driver.execute, "BEGIN")
        except BaseException:  # nobody is in yet, so nobody else gives it back: cancelled or not
            await self.end()
            raise

    async def rows(self, statement: Executable, **parameters: object) -> Sequence[Row]:
        """Return the rows that a statement answers with."""
        return await self._fetch(statement, parameters)

    async def count(self, statement: Executable, **parameters: object) -> int:
        """Return how many rows a statement changed."""
        return await self._execute(statement, parameters)

    async def rows_for(
        self, statement: Executable, given: Sequence[Mapping[str, object]], **others: object
    ) -> Sequence[Row]:
        """Return the rows that a statement answers with for a set; the empty set asks nobody."""
        return await self._fetch(statement, arrays(given) | others) if given else []

    async def count_for(self, statement: Executable, given: Sequence[Mapping[str, object]]) -> int:
        """Return how many rows a statement changed for a set; the empty set changes none."""
        return await self._execute(statement, arrays(given)) if given else 0

    async def commit(self) -> None:
        """Commit, even if the caller is cancelled meanwhile."""
        await self._finish(self._driver.execute, "COMMIT")

    def leave(self) -> None:
        """Have the connection closed in the end, so that the pool opens another one."""
        self._answers = False

    async def end(self) -> None:
        """Give the connection back; what was not committed is rolled back."""
        if self._connection is None:
            return
        try:
            if self._answers and self._driver.is_in_transaction():
                await uninterrupted(self._driver.execute("ROLLBACK"))
        except Exception:  # noqa: BLE001 - whatever it is, nobody shall use this connection again
            self._answers = False
        finally:
            await self._give_back()

    async def _give_back(self) -> None:
        connection, self._connection = self._driver, None
        if not self._answers:
            with suppress(asyncpg.InterfaceError):  # it is lost already
                connection.terminate()
        with suppress(Exception):  # it is lost just now: the pool opens another one
            await self._pool.release(connection)

    @property
    def _driver(self) -> PoolConnectionProxy[asyncpg.Record]:
        if self._connection is None:
            raise RuntimeError("it is not open")
        return self._connection

    async def _fetch(
        self, statement: Executable, parameters: Mapping[str, object]
    ) -> Sequence[Row]:
        sql = sql_of(statement)
        arguments = sql.arguments(parameters)
        rows = await self._finish(self._driver.fetch, sql.text, *arguments)
        return cast("Sequence[Row]", rows)

    async def _execute(self, statement: Executable, parameters: Mapping[str, object]) -> int:
        sql = sql_of(statement)
        arguments = sql.arguments(parameters)
        status = await self._finish(self._driver.execute, sql.text, *arguments)
        return int(status.rpartition(" ")[2])  # as in INSERT 0 3

    async def _finish(self, ask: Callable[..., Coroutine[Any, Any, T]], *arguments: object) -> T:
        try:
            with domain_errors():
                return await uninterrupted(ask(*arguments))
        except Unavailable as error:
            state = sqlstate(error)
            if state is None:  # the server did not answer
                self._answers = False
            if state == READ_ONLY:  # nor is the pool's any other connection one to the primary
                await self._pool.expire_connections()
            raise


@asynccontextmanager
async def asking(pool: Pool) -> AsyncIterator[Statements]:
    """Take a connection for a block in which each statement is a transaction of its own."""
    statements = Statements(pool)
    await statements.open()
    try:
        yield statements
    finally:
        await statements.end()
