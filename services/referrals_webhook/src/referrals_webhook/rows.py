"""Rows that wait for a person: how a command reaches them, and shows what it found or did."""

from __future__ import annotations

import json
import sys
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from referrals_adapters.postgres.errors import schema_errors
from referrals_adapters.postgres.pool import open_pool
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_webhook.announce import announce

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from referrals_adapters.postgres.settings import PostgresSettings


@asynccontextmanager
async def beginning(
    settings: PostgresSettings, *, application: str
) -> AsyncIterator[Callable[[], PostgresTransaction]]:
    """
    Offer what begins a transaction, within the block.

    Raises:
        Unavailable: The database is away, or has not this version's schema.
    """
    async with open_pool(settings, application=application, connections=1) as pool:
        with schema_errors():
            yield partial(PostgresTransaction, pool)


def show(
    fields: Sequence[str],
    rows: Sequence[Sequence[int | str | None]],
    *,
    as_json: bool,
    none: str,
) -> None:
    """
    Write rows to standard output.

    Args:
        fields: What their values are called.
        rows: Their values; None where there is none.
        as_json: Write a JSON array of objects, not a table.
        none: What a person is told if there are no rows.
    """
    if as_json:
        objects = [dict(zip(fields, row, strict=True)) for row in rows]
        sys.stdout.write(json.dumps(objects) + "\n")
    elif rows:
        _write_table([fields, *(tuple(map(_cell, row)) for row in rows)])
    else:
        announce(none)


def show_object(**values: object) -> None:
    """Write what a command did to standard output, as a JSON object."""
    sys.stdout.write(json.dumps(values) + "\n")


def _cell(value: int | str | None) -> str:
    return "-" if value is None else str(value)


def _write_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")
