"""The history of completions and reversals: as the table has it, and as the events tell it."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

import asyncpg

from referrals_sandbox.neighbours.events import COMPLETED, REVERSED
from referrals_sandbox.neighbours.inbox import Inbox
from tests.broker import records

_HISTORY: Final = """
    SELECT merchant_id, referral_id::text, version, from_status, status, cause, at
    FROM referral_history
    WHERE (status = 'COMPLETED') <> (from_status IS NOT DISTINCT FROM 'COMPLETED')
"""


class Line(NamedTuple):
    """A line of the history."""

    merchant_id: str
    referral_id: str
    version: int
    from_status: str
    status: str
    cause: str
    at: datetime


async def history(database_url: str) -> set[Line]:
    """Return the lines that came with an event: who entered COMPLETED, or left it."""
    connection = await asyncpg.connect(database_url)
    try:
        return {Line(*row) for row in await connection.fetch(_HISTORY)}
    finally:
        await connection.close()


async def rebuilt(kafka: str) -> set[Line]:
    """Take every message as AdminCore does, copies out of count; a line of history an event."""
    inbox, lines = Inbox(), set[Line]()
    for topic in (COMPLETED, REVERSED):
        for record in await records(kafka, topic):
            place = (record.topic, record.partition, record.offset)
            event = inbox.take(place, record.headers, record.value)
            if event is not None:
                data = event.data
                at = datetime.fromisoformat(data["occurred_at"])
                names = Line._fields[:-1]
                lines.add(Line._make([*(data[name] for name in names), at]))
    assert inbox.unreadable == []
    return lines
