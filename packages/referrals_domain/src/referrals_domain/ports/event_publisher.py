"""The broker that events go to."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

import attrs

from referrals_domain.ports.outbox import OutboxEntry


@attrs.frozen(kw_only=True)
class Decided:
    """
    What the broker decided about events; what is in neither is to be sent again.

    Args:
        acknowledged: The entries that it has.
        refused: The entries that it will never take as they are, each with the reason in a word.
    """

    acknowledged: Sequence[OutboxEntry] = attrs.field(factory=list)
    refused: Mapping[OutboxEntry, str] = attrs.field(factory=dict)


class EventPublisher(Protocol):
    """The broker that events go to."""

    @abstractmethod
    async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
        """
        Send events, those of one referral in the order given; wait until each is decided.

        What comes after a refused event of the same referral is not sent.
        """
