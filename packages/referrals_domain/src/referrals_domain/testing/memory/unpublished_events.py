"""The events in the outbox in memory, as a person sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.unpublished_events import UnpublishedEvent, UnpublishedEvents
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


@attrs.frozen
class InMemoryUnpublishedEvents(UnpublishedEvents):
    """The events in the outbox in memory, as a person sees them."""

    state: State

    async def refused(self) -> Sequence[UnpublishedEvent]:
        """Return those that were refused."""
        return [one for one in await self.all() if one.refused]

    async def all(self) -> Sequence[UnpublishedEvent]:
        """Return all of them."""
        return [
            UnpublishedEvent(
                id=seq,
                event_id=entry.event_id,
                type=entry.type,
                referral_id=entry.referral_id,
                occurred_at=entry.occurred_at,
                refused=self.state.refused.get(seq),
            )
            for seq, entry in sorted(self.state.outbox.items())
        ]

    async def retry(self, ids: Collection[int]) -> Collection[int]:
        """Have those among them that were refused sent again."""
        return [id_ for id_ in set(ids) if self.state.refused.pop(id_, None)]
