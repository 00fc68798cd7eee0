"""AdminCore, which hears events alone, knows the history of every completion and its reversal."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import asyncpg

from referrals_sandbox.neighbours.events import COMPLETED, REVERSED
from referrals_sandbox.neighbours.inbox import Inbox
from tests.broker import records

if TYPE_CHECKING:
    from referrals_sandbox.composition.sandbox import Sandbox
    from tests.privacy.story import Told

_HISTORY: Final = """
    SELECT merchant_id, referral_id::text, version, from_status, status, cause, at
    FROM referral_history
    WHERE (status = 'COMPLETED') <> (from_status IS NOT DISTINCT FROM 'COMPLETED')
"""


class _Line(NamedTuple):
    merchant_id: str
    referral_id: str
    version: int
    from_status: str
    status: str
    cause: str
    at: datetime


async def test_the_events_alone_tell_the_history_of_every_completion_and_reversal(
    sandbox: Sandbox, told: Told
) -> None:
    connection = await asyncpg.connect(sandbox.database_url)
    try:
        history = {_Line(*row) for row in await connection.fetch(_HISTORY)}
    finally:
        await connection.close()
    assert await _rebuilt(sandbox.kafka) == history
    ends = {line.referral_id: line.status for line in sorted(history, key=lambda one: one.version)}
    assert ends == told.referrals
    assert {line.from_status for line in history} == {"PENDING", "QUALIFIED", "COMPLETED"}


async def _rebuilt(kafka: str) -> set[_Line]:
    """Take every message as AdminCore does, copies out of count; a line of history an event."""
    inbox, lines = Inbox(), set[_Line]()
    for topic in (COMPLETED, REVERSED):
        for record in await records(kafka, topic):
            place = (record.topic, record.partition, record.offset)
            event = inbox.take(place, record.headers, record.value)
            if event is not None:
                data = event.data
                at = datetime.fromisoformat(data["occurred_at"])
                names = _Line._fields[:-1]
                lines.add(_Line._make([*(data[name] for name in names), at]))
    assert inbox.unreadable == []
    return lines
