"""One file of SQLite, and what the repositories ask of it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from cattrs import Converter

from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

SCHEMA: Final = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
_PATIENCE: Final = 10.0
_TRY_EVERY: Final = 0.002
_CONVERTER: Final = Converter()
_CONVERTER.register_unstructure_hook(datetime, datetime.isoformat)
_CONVERTER.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
_CONVERTER.register_unstructure_hook(timedelta, timedelta.total_seconds)
_CONVERTER.register_structure_hook(timedelta, lambda seconds, _: timedelta(seconds=seconds))


class Database(sqlite3.Connection):
    """A connection for one transaction; a column has the name of the field that it keeps."""

    @classmethod
    async def begin(cls, path: Path) -> Self:
        """
        Begin a transaction, beside which nobody has another, in whatever process.

        Raises:
            Unavailable: The others take too long.
        """
        database = cls(path, timeout=0, isolation_level=None)
        try:
            async with asyncio.timeout(_PATIENCE):
                while not database._has_begun():  # noqa: ASYNC110 - SQLite calls nobody
                    await asyncio.sleep(_TRY_EVERY)
        except BaseException as error:
            database.close()
            if isinstance(error, TimeoutError):
                raise Unavailable("SQLite: the database is busy") from error
            raise
        return database

    def _has_begun(self) -> bool:
        try:
            self.execute("BEGIN IMMEDIATE")
        except Unavailable:
            return False
        return True

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """
        Run a statement.

        Raises:
            Unavailable: SQLite cannot.
        """
        try:
            return super().execute(sql, parameters)
        except sqlite3.OperationalError as error:
            raise Unavailable(f"SQLite: {error}") from error

    def read(self, kind: type[T], sql: str, parameters: Any = (), /) -> list[T]:
        """Return rows as values of the domain."""
        cursor = self.execute(sql, parameters)
        names = [name for name, *_ in cursor.description]
        return [_CONVERTER.structure(dict(zip(names, row, strict=True)), kind) for row in cursor]


def row(value: object) -> Any:
    """Return a value of the domain as the parameters of a statement, one a field."""
    return _CONVERTER.unstructure(value)


def parameter(keys: Iterable[object]) -> tuple[str]:
    """Return keys as the parameter of a statement with `json_each`."""
    return (json.dumps(list(keys)),)
