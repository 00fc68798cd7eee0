"""What the neighbours on Kafka have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from referrals_sandbox.neighbours.events import Event


@attrs.frozen(kw_only=True)
class Entry:
    """
    One thing that a neighbour did because of an event.

    Args:
        event_id: The event.
        referral_id: The referral that it was about.
        merchant_id: The merchant.
        customer_id: The advocate.
    """

    event_id: str
    referral_id: str
    merchant_id: str
    customer_id: str


class Entries:
    """Everything that a neighbour did, oldest first."""

    def __init__(self) -> None:
        self._all: list[Entry] = []
        self._of_referral: dict[str, list[Entry]] = defaultdict(list)

    def add(self, entry: Entry) -> None:
        """Append one."""
        self._all.append(entry)
        self._of_referral[entry.referral_id].append(entry)

    def of_referral(self, referral_id: str) -> Sequence[Entry]:
        """Return those of one referral."""
        return self._of_referral.get(referral_id, ())

    def __iter__(self) -> Any:
        return iter(self._all)


class Neighbour(Protocol):
    """A service that acts on events; one that it took already never comes again."""

    group: ClassVar[str]
    """Its consumer group, and its name."""

    topics: ClassVar[tuple[str, ...]]
    """What it listens to."""

    announces: ClassVar[tuple[str, ...]] = ()
    """The topics of what it announces."""

    entries: Entries
    """What it did."""

    @abstractmethod
    def hear(self, event: Event) -> Sequence[Event]:
        """Act on an event, and return what to announce."""

    @abstractmethod
    def summary(self) -> Mapping[str, object]:
        """Return what all of it comes to, as JSON."""
