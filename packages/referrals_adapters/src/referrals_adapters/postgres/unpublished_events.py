"""The events in the outbox in PostgreSQL, as a person sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import null, select, update

from referrals_adapters.postgres.sets import given, same
from referrals_adapters.postgres.statements import Statements
from referrals_adapters.postgres.tables import IS_REFUSED, outbox
from referrals_domain.model.identifiers import EventId, ReferralId
from referrals_domain.ports.unpublished_events import (
    Refused,
    UnpublishedEvent,
    UnpublishedEvents,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from referrals_adapters.postgres.row import Row


_COLUMNS = outbox.c

_ALL = select(
    *(
        _COLUMNS[name]
        for name in ("seq", "id", "type", "aggregateid", "occurred_at", "refused_at", "reason")
    )
).order_by(_COLUMNS.seq)
_ALL_REFUSED = _ALL.where(IS_REFUSED)

_RETRIED = given(_COLUMNS.seq)
_RETRY = (
    update(outbox)
    .where(same(outbox, _RETRIED, "seq"))
    .where(IS_REFUSED)
    .values(refused_at=null(), reason=null())
    .returning(_COLUMNS.seq)
)


@attrs.frozen
class PostgresUnpublishedEvents(UnpublishedEvents):
    """The events in the outbox in PostgreSQL, as a person sees them."""

    statements: Statements

    async def refused(self) -> Sequence[UnpublishedEvent]:
        """Return those that are marked."""
        return [_event(row) for row in await self.statements.rows(_ALL_REFUSED)]

    async def all(self) -> Sequence[UnpublishedEvent]:
        """Return all of them."""
        return [_event(row) for row in await self.statements.rows(_ALL)]

    async def retry(self, ids: Collection[int]) -> Collection[int]:
        """Take back the marks of those among them that are marked."""
        rows = await self.statements.rows_for(_RETRY, [{"seq": id_} for id_ in ids])
        return [row.seq for row in rows]


def _event(row: Row) -> UnpublishedEvent:
    refused = Refused(at=row.refused_at, reason=row.reason) if row.refused_at else None
    return UnpublishedEvent(
        id=row.seq,
        event_id=EventId(row.id),
        type=row.type,
        referral_id=ReferralId(row.aggregateid),
        occurred_at=row.occurred_at,
        refused=refused,
    )
