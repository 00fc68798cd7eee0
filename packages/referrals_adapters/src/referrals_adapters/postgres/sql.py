"""What SQLAlchemy builds, as asyncpg takes it: compiled once, executed often."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

import attrs
from sqlalchemy import make_url

from referrals_adapters.postgres.sets import plain

if TYPE_CHECKING:
    from sqlalchemy import ClauseElement, Executable
    from sqlalchemy.sql.compiler import SQLCompiler

_DIALECT: Final = make_url("postgresql+asyncpg://").get_dialect()()
_MOST: Final = 500  # statements; the adapters have some 150


@attrs.frozen
class Sql:
    """
    A statement.

    Args:
        text: Its text.
        parameters: Their names, in the order of the text's numbers.
        literals: The values of those that the statement brings itself.
    """

    text: str
    parameters: tuple[str, ...]
    literals: Mapping[str, object]

    def arguments(self, given: Mapping[str, object]) -> list[object]:
        """
        Return the parameters' values in their order.

        Raises:
            KeyError: One has none.
        """
        literals = self.literals
        return [given[name] if name in given else literals[name] for name in self.parameters]


@lru_cache(_MOST)
def sql_of(statement: Executable) -> Sql:
    """Compile a statement; it is one of few that are made once, or this is in vain."""
    compiled = cast("SQLCompiler", cast("ClauseElement", statement).compile(dialect=_DIALECT))
    return Sql(
        text=compiled.string,
        parameters=tuple(compiled.positiontup or ()),
        literals={
            name: plain(bind.value) for name, bind in compiled.binds.items() if not bind.required
        },
    )
