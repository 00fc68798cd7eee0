"""The events in the outbox, as a person sees them."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import attrs

from referrals_domain.model.identifiers import EventId, ReferralId

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


@attrs.frozen(kw_only=True)
class Refused:
    """When the broker refused an event, and why, in a word."""

    at: datetime
    reason: str


@attrs.frozen(kw_only=True)
class UnpublishedEvent:
    """
    An event that the broker does not have yet.

    Args:
        id: Its place in the outbox.
        event_id: The event.
        type: The event's type, which is its topic too.
        referral_id: The referral whose later events it holds back if it is refused.
        occurred_at: When it happened.
        refused: That the broker refused it; None while it waits.
    """

    id: int
    event_id: EventId
    type: str
    referral_id: ReferralId
    occurred_at: datetime
    refused: Refused | None


class UnpublishedEvents(Protocol):
    """The events in the outbox, as a person sees them; those added first come first."""

    @abstractmethod
    async def refused(self) -> Sequence[UnpublishedEvent]:
        """Return the events that the broker refused, which wait for a person."""

    @abstractmethod
    async def all(self) -> Sequence[UnpublishedEvent]:
        """Return these and those that wait for the relay or are held back."""

    @abstractmethod
    async def retry(self, ids: Collection[int]) -> Collection[int]:
        """Have those among them that were refused sent again; return which they are."""
