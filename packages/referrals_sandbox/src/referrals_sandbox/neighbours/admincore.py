"""
AdminCore: `python -m referrals_sandbox.neighbours.admincore`.

It keeps an audit log of what became of referrals, a line an event, and writes it to its output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from referrals_sandbox.neighbours.consumer import run
from referrals_sandbox.neighbours.events import COMPLETED, REVERSED, Event
from referrals_sandbox.neighbours.neighbour import Entries, Entry, Neighbour

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@attrs.frozen(kw_only=True)
class AuditLine(Entry):
    """
    A line of the audit log.

    Args:
        text: The line.
    """

    text: str


class AdminCore(Neighbour):
    """Keeps the audit log."""

    group: ClassVar[str] = "admincore"
    topics: ClassVar[tuple[str, ...]] = (COMPLETED, REVERSED)

    def __init__(self) -> None:
        self.entries = Entries()
        self._lines = 0

    def hear(self, event: Event) -> Sequence[Event]:
        """Append a line."""
        line = AuditLine(
            event_id=event.id,
            referral_id=event.referral_id,
            merchant_id=event.data["merchant_id"],
            customer_id=event.data["customer_id"],
            text=_text(event),
        )
        self.entries.add(line)
        self._lines += 1
        print(line.text, flush=True)
        return ()

    def summary(self) -> Mapping[str, object]:
        """Return how long the log is."""
        return {"lines": self._lines}


def _text(event: Event) -> str:
    data, total = event.data, event.data["order_total"]
    return (
        f"{event.time:%Y-%m-%dT%H:%M:%SZ} {event.type} {data['from_status']} -> {data['status']} "
        f"({data['cause']}): merchant {data['merchant_id']}, advocate {data['customer_id']}, "
        f"friend {data['referred_customer_id']}, order {data['order_id']}, "
        f"{total['amount']} {total['currency']}, by {data['attribution']['signal']} "
        f"{data['attribution']['code']}"
    )


if __name__ == "__main__":
    run(__doc__, AdminCore())
