"""The outbox in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.outbox import Outbox, OutboxEntry
from referrals_domain.ports.unpublished_events import Refused
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from referrals_domain.model.events import ReferralEvent


@attrs.frozen
class InMemoryOutbox(Outbox):
    """The outbox in memory; it encodes an event as its repr."""

    state: State

    async def add(self, events: Sequence[ReferralEvent]) -> None:
        """Append events in this order."""
        for event in events:
            seq = max(self.state.outbox, default=0) + 1
            self.state.outbox[seq] = OutboxEntry(
                seq=seq,
                event_id=event.id,
                type=event.type,
                referral_id=event.referral_id,
                occurred_at=event.occurred_at,
                payload=repr(event).encode(),
            )

    async def first(self, limit: int) -> Sequence[OutboxEntry]:
        """Return the oldest entries that may be sent."""
        entries = [self.state.outbox[seq] for seq in sorted(self.state.outbox)]
        held_back = {one.referral_id for one in entries if one.seq in self.state.refused}
        return [one for one in entries if one.referral_id not in held_back][:limit]

    async def delete(self, entries: Collection[OutboxEntry]) -> None:
        """Forget entries."""
        for entry in entries:
            self.state.outbox.pop(entry.seq, None)
            self.state.refused.pop(entry.seq, None)

    async def refuse(self, entries: Mapping[OutboxEntry, str], *, at: datetime) -> None:
        """Keep entries that were refused."""
        for entry, reason in entries.items():
            if entry.seq in self.state.outbox:
                self.state.refused[entry.seq] = Refused(at=at, reason=reason)
