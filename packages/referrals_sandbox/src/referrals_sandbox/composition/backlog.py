"""What waits in PostgreSQL of a running sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from referrals_sandbox.servers.rows import rows_of

if TYPE_CHECKING:
    from referrals_sandbox.composition.description import Description

_BACKLOG: Final = """
    SELECT
        (SELECT count(*) FROM deliveries WHERE outcome IS NULL) AS deliveries,
        (SELECT count(*) FROM outbox) AS events,
        (SELECT count(*) FROM stale_statuses) AS stale
"""


@attrs.frozen(kw_only=True)
class Backlog:
    """
    What waits.

    Args:
        deliveries: Deliveries without an outcome.
        events: Events that are not on Kafka yet.
        stale: Statuses that the cache may not have heard of.
    """

    deliveries: int
    events: int
    stale: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not (self.deliveries or self.events or self.stale)


async def backlog(sandbox: Description) -> Backlog:
    """
    Return what waits in PostgreSQL.

    Raises:
        SandboxError: It does not answer.
    """
    [row] = await rows_of(sandbox.database_url, _BACKLOG)
    return Backlog(**row)
