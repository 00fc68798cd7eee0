"""What waits in PostgreSQL, for those who watch."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import attrs
from sqlalchemy import func, literal, null, select, union_all

from referrals_adapters.postgres.pool import Pool
from referrals_adapters.postgres.privacy_work import IS_REDACTION
from referrals_adapters.postgres.statements import asking
from referrals_adapters.postgres.tables import (
    IS_ASKED,
    IS_HELD,
    IS_REFUSED,
    IS_WAITING,
    deliveries,
    outbox,
    privacy_requests,
    quarantine,
    stale_statuses,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

HELD: Final = "held_deliveries"
"""What the rows of `deliveries` that wait for a person are called."""

REFUSED: Final = "refused_events"
"""What the rows of `outbox` that wait for a person are called."""

REDACTIONS: Final = "redactions"
"""What the rows of `privacy_requests` that wait for a worker are called."""

DATA_REQUESTS: Final = "data_requests"
"""What the rows of `privacy_requests` that wait for a person are called."""

_MEASURE: Final = union_all(
    select(
        literal(deliveries.name).label("table_name"),
        func.count().label("number"),
        func.min(deliveries.c.received_at).label("since"),
    ).where(IS_WAITING),
    select(literal(HELD), func.count(), func.min(deliveries.c.received_at)).where(IS_HELD),
    select(literal(outbox.name), func.count(), func.min(outbox.c.occurred_at)).where(
        outbox.c.refused_at.is_(None)
    ),
    select(literal(REFUSED), func.count(), func.min(outbox.c.refused_at)).where(IS_REFUSED),
    select(literal(REDACTIONS), func.count(), func.min(privacy_requests.c.received_at)).where(
        IS_ASKED, IS_REDACTION
    ),
    select(literal(DATA_REQUESTS), func.count(), func.min(privacy_requests.c.received_at)).where(
        IS_ASKED, ~IS_REDACTION
    ),
    select(literal(quarantine.name), func.count(), func.min(quarantine.c.received_at)),
    select(literal(stale_statuses.name), func.count(stale_statuses.c.seq), null()),
)


@attrs.frozen
class Waiting:
    """
    The rows of one table that wait.

    Args:
        count: How many they are.
        since: Since when the oldest waits; None if there is none, or the table does not know.
    """

    count: int
    since: datetime | None


@attrs.frozen
class PostgresBacklog:
    """
    The tables whose rows wait for somebody.

    Args:
        pool: The connections.
    """

    pool: Pool

    async def measure(self) -> Mapping[str, Waiting]:
        """
        Return what waits: the rows of tables, and parts of them by the names above.

        Raises:
            Unavailable: The database is away.
        """
        async with asking(self.pool) as statements:
            rows = await statements.rows(_MEASURE)
        return {row.table_name: Waiting(row.number, row.since) for row in rows}
