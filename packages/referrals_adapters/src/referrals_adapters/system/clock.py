"""The machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime

from referrals_domain.ports.clock import Clock


class SystemClock(Clock):
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)
