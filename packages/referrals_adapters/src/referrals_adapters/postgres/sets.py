"""Rows that travel to the database as one set: an array a column, whatever their number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, any_, bindparam, column, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnClause, ColumnElement, Select, Table, TableValuedAlias, Update
    from sqlalchemy.dialects.postgresql import Insert

_PARAMETER: Final = "given_"  # SQLAlchemy keeps the bare names of columns for itself
_PLACE: Final = "place"


def given(*columns: ColumnClause[Any]) -> TableValuedAlias:
    """
    Return a set of rows with these columns.

    The text of a statement on it does not depend on the number of rows, so that PostgreSQL
    prepares it once.
    """
    arrays = [bindparam(_PARAMETER + one.name, type_=ARRAY(one.type)) for one in columns]
    names = [column(one.name, one.type) for one in columns]
    rows = func.unnest(*arrays).table_valued(*names, with_ordinality=_PLACE)
    return rows.render_derived(name="given")


def arrays(rows: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    """Return the parameters that make these rows the given ones; there must be one."""
    return {_PARAMETER + name: [plain(row[name]) for row in rows] for name in rows[0]}


def same(table: Table, rows: TableValuedAlias, *names: str) -> ColumnElement[bool]:
    """Return the condition that a table's row and a given row agree in these columns."""
    return and_(*(table.c[name] == rows.c[name] for name in names))


def among(one: ColumnElement[Any], values: Select[Any]) -> ColumnElement[bool]:
    """
    Return the condition that a column's value is one of these.

    It is looked up by the column's index, where there is one. A join would rest on how many rows
    PostgreSQL believes a table to have: it may have looked when there were none.
    """
    return one == any_(func.array(values.scalar_subquery(), type_=ARRAY(one.type)))


def inserting(table: Table, rows: TableValuedAlias) -> Insert:
    """Return the statement that inserts the given rows, in their order."""
    names = [one.name for one in rows.c if one.name != _PLACE]
    ordered = select(*(rows.c[name] for name in names)).order_by(rows.c[_PLACE])
    return insert(table).from_select(names, ordered)


def updating(table: Table, rows: TableValuedAlias, *key: str) -> Update:
    """Return the statement that gives the rows of these keys every column of the given rows."""
    values = {one.name: rows.c[one.name] for one in table.c}
    return update(table).where(same(table, rows, *key)).values(values)


def plain(value: object) -> object:
    """Return what asyncpg takes: where it expects a string, it refuses identifiers and enums."""
    return str(value) if isinstance(value, str) else value
