"""The statements of this process: noted, or changed on their way to the database."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

import attrs

from referrals_adapters.postgres import statements
from referrals_adapters.postgres.sql import Sql, sql_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Executable


@contextmanager
def noted(note: Callable[[str, tuple[object, ...]], None]) -> Iterator[None]:
    """Tell of each statement that is asked within the block, with its arguments."""

    class Noted(Sql):
        def arguments(self, given: Mapping[str, object]) -> list[object]:
            arguments = super().arguments(given)
            note(self.text, tuple(arguments))
            return arguments

    with changed(lambda sql: Noted(sql.text, sql.parameters, sql.literals)):
        yield


@contextmanager
def reworded(reword: Callable[[str], str]) -> Iterator[None]:
    """Have all statements that are asked within the block read differently."""
    with changed(lambda sql: attrs.evolve(sql, text=reword(sql.text))):
        yield


@contextmanager
def changed(change: Callable[[Sql], Sql]) -> Iterator[None]:
    """Have other statements asked within the block."""

    def changed_sql(statement: Executable) -> Sql:
        return change(sql_of(statement))

    with mock.patch.object(statements, "sql_of", changed_sql):
        yield
