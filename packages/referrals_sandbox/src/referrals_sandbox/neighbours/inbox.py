"""What a consumer received, each event once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_sandbox.neighbours.events import Event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Inbox:
    """
    Tells new events from copies, by their id, and counts both.

    A message that is only read again, because the consumer had to begin anew, counts as nothing:
    what is counted is what lies on the broker.
    """

    def __init__(self) -> None:
        self.events = 0
        self.copies = 0
        self.unreadable: list[str] = []
        self._seen: set[str] = set()
        self._next: dict[tuple[str, int], int] = {}

    def take(
        self,
        place: tuple[str, int, int],
        headers: Sequence[tuple[str, bytes]],
        value: bytes | None,
    ) -> Event | None:
        """
        Return the event of a message, unless it was taken before or cannot be read.

        Args:
            place: The message's topic, partition and offset.
            headers: Its headers.
            value: Its body.
        """
        topic, partition, offset = place
        if offset < self._next.get((topic, partition), 0):
            return None
        self._next[topic, partition] = offset + 1
        try:
            event = Event.of_message(dict(headers), value)
        except ValueError as error:
            self.refuse(place, error)
            return None
        if event.id in self._seen:
            self.copies += 1
            return None
        self._seen.add(event.id)
        self.events += 1
        return event

    def refuse(self, place: tuple[str, int, int], error: Exception) -> None:
        """Note a message that makes no sense."""
        self.unreadable.append(f"{'/'.join(map(str, place))}: {error!r}")

    def summary(self) -> Mapping[str, object]:
        """Return the counts: `events`, `copies` that were dropped, and what was `unreadable`."""
        return {"events": self.events, "copies": self.copies, "unreadable": self.unreadable}
