"""A store in one file, and its transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_domain.testing.memory.store import InMemoryStore, InMemoryTransaction
from sqlite_adapters.database import SCHEMA, Database
from sqlite_adapters.repositories import SqliteOutbox, SqlitePrograms, SqliteReferralLinks

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self


class SqliteStore(InMemoryStore):
    """A store in one file: `begin` its transactions; see there what is not in the file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        database = Database(path)
        database.executescript(SCHEMA)
        database.close()

    def begin(self) -> SqliteTransaction:
        """Return a transaction to enter; it has the file for itself until it ends."""
        return SqliteTransaction(self)


class SqliteTransaction(InMemoryTransaction):
    """One transaction; whatever has no table here is kept in memory, for this process alone."""

    def __init__(self, store: SqliteStore) -> None:
        super().__init__(store)
        self._path = store.path

    async def __aenter__(self) -> Self:
        """Wait for the file, and begin."""
        self._database = await Database.begin(self._path)
        return await super().__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Roll back whatever was not committed."""
        self._database.close()
        await super().__aexit__(kind, error, trace)

    async def commit(self) -> None:
        """Commit the file, and then what is in memory, which cannot fail."""
        self._database.execute("COMMIT")
        await super().commit()

    @property
    def programs(self) -> SqlitePrograms:
        """The programs."""
        return SqlitePrograms(self._database)

    @property
    def links(self) -> SqliteReferralLinks:
        """The referral links."""
        return SqliteReferralLinks(self._database)

    @property
    def outbox(self) -> SqliteOutbox:
        """The outbox."""
        return SqliteOutbox(self._database)
