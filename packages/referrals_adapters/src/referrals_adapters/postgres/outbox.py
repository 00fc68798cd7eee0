"""The outbox in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
from sqlalchemy import (
    ARRAY,
    Integer,
    Text,
    any_,
    bindparam,
    cast,
    delete,
    exists,
    literal_column,
    select,
    update,
)

from referrals_adapters.postgres.sets import among, given, inserting, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import outbox
from referrals_adapters.wire.events import event_data
from referrals_domain.model.identifiers import EventId, ReferralId
from referrals_domain.ports.outbox import Outbox, OutboxEntry

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from referrals_domain.model.events import ReferralEvent

_AGGREGATE: Final = "referral"

_COLUMNS = outbox.c
_SENT: Final = ("id", "aggregatetype", "aggregateid", "type", "occurred_at", "payload")

_ADD = inserting(outbox, given(*(_COLUMNS[name] for name in _SENT)))

# Entries are looked up, by this and below. PostgreSQL may have looked at the outbox when it was
# empty, and believe that it still is: by a join it could read all that waits, or for each entry
# all that was refused.
_NO_JOIN: Final = literal_column("0", Integer)  # EXISTS becomes none if it has an offset
_REFUSED = outbox.alias("refused")
_IS_HELD_BACK = exists(
    select(_REFUSED.c.aggregateid)
    .where(_REFUSED.c.refused_at.is_not(None))
    .where(_REFUSED.c.aggregateid == _COLUMNS.aggregateid)
    .offset(_NO_JOIN)
)
_FIRST = (
    select(
        _COLUMNS.seq,
        cast(_COLUMNS.id, Text).label("id"),  # else a UUID is made of each, and text of that
        _COLUMNS.type,
        _COLUMNS.aggregateid,
        _COLUMNS.occurred_at,
        _COLUMNS.payload,
    )
    .where(~_IS_HELD_BACK)
    .order_by(_COLUMNS.seq)
    .limit(bindparam("limit", type_=Integer))
)
_ACKNOWLEDGED = bindparam("acknowledged", type_=ARRAY(_COLUMNS.seq.type))
_DELETE = delete(outbox).where(_COLUMNS.seq == any_(_ACKNOWLEDGED))
_MARKED = given(_COLUMNS.seq, _COLUMNS.refused_at, _COLUMNS.reason)
_MARK = (
    update(outbox)
    .where(same(outbox, _MARKED, "seq"), among(_COLUMNS.seq, select(_MARKED.c.seq)))
    .values(refused_at=_MARKED.c.refused_at, reason=_MARKED.c.reason)
)


@attrs.frozen
class PostgresOutbox(Outbox):
    """
    The outbox in PostgreSQL.

    Numbers are taken before the commit, so a smaller one may show up after a larger one; but
    not for one referral, whose changes wait for each other.
    """

    statements: Statements

    async def add(self, events: Sequence[ReferralEvent]) -> None:
        """Append events in this order."""
        await self.statements.count_for(_ADD, [_row(event) for event in events])

    async def first(self, limit: int) -> Sequence[OutboxEntry]:
        """Return the entries with the smallest numbers that may be sent."""
        return [  # columns by their places: by their names each entry would take a fifth longer
            OutboxEntry(
                seq=seq,
                event_id=EventId(event_id),
                type=event_type,
                referral_id=ReferralId(referral_id),
                occurred_at=occurred_at,
                payload=payload,
            )
            for seq, event_id, event_type, referral_id, occurred_at, payload in (
                await self.statements.rows(_FIRST, limit=limit)
            )
        ]

    async def delete(self, entries: Collection[OutboxEntry]) -> None:
        """Delete entries."""
        if entries:
            await self.statements.count(_DELETE, acknowledged=[entry.seq for entry in entries])

    async def refuse(self, entries: Mapping[OutboxEntry, str], *, at: datetime) -> None:
        """Mark entries."""
        rows = [
            {"seq": entry.seq, "refused_at": at, "reason": reason}
            for entry, reason in entries.items()
        ]
        await self.statements.count_for(_MARK, rows)


def _row(event: ReferralEvent) -> dict[str, object]:
    return {
        "id": event.id,
        "aggregatetype": _AGGREGATE,
        "aggregateid": event.referral_id,
        "type": event.type,
        "occurred_at": event.occurred_at,
        "payload": event_data(event),
    }
