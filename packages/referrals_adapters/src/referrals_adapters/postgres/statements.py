"""The statements of one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from referrals_adapters.postgres.engine import leave_all
from referrals_adapters.postgres.errors import READ_ONLY, domain_errors, sqlstate
from referrals_adapters.postgres.sets import arrays
from referrals_adapters.postgres.sql import Row, sql_of
from referrals_adapters.postgres.uninterrupted import uninterrupted
from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping, Sequence

    import asyncpg
    from sqlalchemy import Executable
    from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")


class Statements:
    """
    The statements of one transaction: each runs to its end, and fails with the domain's errors.

    SQLAlchemy builds them and keeps the connections; asyncpg executes them by itself, for a third
    of the CPU that it took by way of SQLAlchemy.

    Args:
        connection: A connection that is not open yet.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._driver: asyncpg.Connection
        self._answers = True

    async def begin(self) -> None:
        """Take a connection from the pool, and begin a transaction."""
        await self._open(self._begin())

    async def open(self) -> None:
        """Take a connection from the pool; each statement is a transaction of its own."""
        await self._open(self._take())

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
        await self._finish(self._driver.execute("COMMIT"))

    async def leave(self) -> None:
        """Have the connection closed in the end, so that the pool opens another one."""
        await self._finish(self._connection.invalidate())

    async def end(self) -> None:
        """Give the connection back; what was not committed is rolled back."""
        if self._connection.sync_connection is not None:
            await self._finish(self._give_back())

    async def _open(self, opening: Coroutine[Any, Any, None]) -> None:
        try:
            await self._finish(opening)
        except BaseException:
            await self.end()
            raise

    async def _begin(self) -> None:
        await self._take()
        await self._driver.execute("BEGIN")

    async def _take(self) -> None:
        self._connection = await self._connection.start()
        raw = await self._connection.get_raw_connection()
        self._driver = cast("asyncpg.Connection", raw.driver_connection)

    async def _give_back(self) -> None:
        try:
            if self._answers and self._driver.is_in_transaction():
                await self._driver.execute("ROLLBACK")
        except Exception:  # noqa: BLE001 - whatever it is, nobody shall use this connection again
            self._answers = False
        if not self._answers:
            await self._connection.invalidate()
        await self._connection.close()

    async def _fetch(
        self, statement: Executable, parameters: Mapping[str, object]
    ) -> Sequence[Row]:
        sql = sql_of(statement)
        fetching = self._driver.fetch(sql.text, *sql.arguments(parameters), record_class=Row)
        return cast("Sequence[Row]", await self._finish(fetching))

    async def _execute(self, statement: Executable, parameters: Mapping[str, object]) -> int:
        sql = sql_of(statement)
        status = await self._finish(self._driver.execute(sql.text, *sql.arguments(parameters)))
        return int(status.rpartition(" ")[2])  # as in INSERT 0 3

    async def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            with domain_errors():
                return await uninterrupted(work)
        except Unavailable as error:
            state = sqlstate(error)
            if state is None:
                self._answers = False
            if state == READ_ONLY:
                leave_all(self._connection)
            raise
