"""The time of this machine."""

from __future__ import annotations

from datetime import UTC, datetime

from referrals_domain.ports.clock import Clock


class MachineClock(Clock):
    """The time of this machine."""

    def now(self) -> datetime:
        """Return it, in UTC."""
        return datetime.now(UTC)
