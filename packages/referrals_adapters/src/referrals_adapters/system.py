"""The machine's own clock and randomness."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from uuid import uuid4

from referrals_domain.model.code import CODE_BITS, ReferralCode
from referrals_domain.model.identifiers import LinkId, ReferralId
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.ids import Ids


class SystemClock(Clock):
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)


class RandomIds(Ids):
    """Version 4 UUIDs, and codes from the operating system's secure source."""

    def link(self) -> LinkId:
        """Return a random id."""
        return LinkId(str(uuid4()))

    def referral(self) -> ReferralId:
        """Return a random id."""
        return ReferralId(str(uuid4()))

    def code(self) -> ReferralCode:
        """Return a code that nobody can guess from others."""
        return ReferralCode.of_number(secrets.randbits(CODE_BITS))
