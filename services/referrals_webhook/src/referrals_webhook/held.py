"""The command `referrals-webhook held`: what waits for a person."""

from __future__ import annotations

import json
import sys
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from referrals_adapters.postgres.engine import open_engine
from referrals_adapters.postgres.transaction import PostgresTransaction
from referrals_adapters.system.clock import SystemClock
from referrals_domain.use_cases.list_held import ListHeld
from referrals_domain.use_cases.release_held import ReleaseHeld
from referrals_webhook.announce import announce

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Sequence

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_domain.model.delivery import HeldDelivery

_APPLICATION: Final = "referrals-webhook-held"
_FIELDS: Final = ("id", "merchant", "order", "topic", "since", "attempts")


async def list_held(settings: PostgresSettings, *, as_json: bool) -> None:
    """
    Write what is held to standard output: a table, or a JSON array of objects.

    Raises:
        Unavailable: The database is away.
    """
    async with _beginning(settings) as begin:
        held = await ListHeld(begin=begin)()
    rows = [dict(zip(_FIELDS, _values(one), strict=True)) for one in held]
    if as_json:
        sys.stdout.write(json.dumps(rows) + "\n")
    elif rows:
        _write_table([_FIELDS, *(tuple(map(str, row.values())) for row in rows)])
    else:
        announce("held: nothing")


async def release_held(settings: PostgresSettings, ids: Collection[int] | None) -> None:
    """
    Make deliveries due now.

    Args:
        settings: The database.
        ids: Their numbers; None: all that are held.

    Raises:
        Unavailable: The database is away.
        SystemExit: Some of them are not held; the others were released.
    """
    async with _beginning(settings) as begin:
        if ids is None:
            ids = {one.id for one in await ListHeld(begin=begin)()}
        released = await ReleaseHeld(begin=begin, clock=SystemClock())(ids)
    announce(f"held: released {len(released)}")
    others = sorted(set(ids) - set(released))
    if others:
        sys.exit(f"referrals-webhook: not held: {', '.join(map(str, others))}")


@asynccontextmanager
async def _beginning(
    settings: PostgresSettings,
) -> AsyncIterator[Callable[[], PostgresTransaction]]:
    async with open_engine(settings, application=_APPLICATION, connections=1) as engine:
        yield partial(PostgresTransaction, engine)


def _values(one: HeldDelivery) -> tuple[int | str, ...]:
    since = one.received_at.isoformat(timespec="seconds")
    return one.id, one.merchant_id, one.order_id, one.topic, since, one.attempts


def _write_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")
