"""A file as the broker: a line an event."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.event_publisher import Decided, EventPublisher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.ports.outbox import OutboxEntry


@attrs.frozen
class FilePublisher(EventPublisher):
    """A file as the broker; a line is the event's id, its type, its referral and its payload."""

    path: Path

    async def publish(self, entries: Sequence[OutboxEntry]) -> Decided:
        """Append events; what would not be one line is refused, and holds back its referral."""
        refused = {one: "line_break" for one in entries if b"\n" in one.payload}
        held_back = {one.referral_id: one.seq for one in reversed(refused)}
        taken = [one for one in entries if one.seq < held_back.get(one.referral_id, one.seq + 1)]
        await asyncio.to_thread(self._append, b"".join(map(_line, taken)))
        return Decided(acknowledged=taken, refused=refused)

    def _append(self, lines: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())  # acknowledged is what outlives the machine


def _line(entry: OutboxEntry) -> bytes:
    about = f"{entry.event_id}\t{entry.type}\t{entry.referral_id}\t"
    return about.encode() + entry.payload + b"\n"
