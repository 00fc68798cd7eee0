"""The events that wait for the relay."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import attrs

from referrals_domain.model.identifiers import EventId, ReferralId

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from referrals_domain.model.events import ReferralEvent


@attrs.frozen(kw_only=True)
class OutboxEntry:
    """
    An event in the form in which it is sent; the relay never needs to read it.

    Args:
        seq: Its place in the outbox.
        event_id: The event.
        type: The event's type, which is its topic too.
        referral_id: The key that orders events.
        occurred_at: When it happened.
        payload: The encoded event.
    """

    seq: int
    event_id: EventId
    type: str
    referral_id: ReferralId
    occurred_at: datetime
    payload: bytes


class Outbox(Protocol):
    """The events that are committed and not yet acknowledged by the broker."""

    @abstractmethod
    async def add(self, events: Sequence[ReferralEvent]) -> None:
        """Append events in this order."""

    @abstractmethod
    async def first(self, limit: int) -> Sequence[OutboxEntry]:
        """
        Return the oldest entries that may be sent, in the order in which they were added.

        What was refused may not, nor what comes after it of the same referral.
        """

    @abstractmethod
    async def delete(self, entries: Collection[OutboxEntry]) -> None:
        """Forget entries that the broker acknowledged."""

    @abstractmethod
    async def refuse(self, entries: Mapping[OutboxEntry, str], *, at: datetime) -> None:
        """Keep entries that the broker refused for a person, each with the reason."""
