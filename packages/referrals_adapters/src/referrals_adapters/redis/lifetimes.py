"""How long things stay in the cache."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.model.referral import ReferralStatus

if TYPE_CHECKING:
    from referrals_domain.model.referral import StatusView

_JITTER: Final = 0.1


@attrs.frozen(kw_only=True)
class Lifetimes:
    """
    How long things stay in the cache.

    Args:
        pending: A status that is likely to change.
        settled: Any other status.
        absent: That there is no such referral.
        floor: The least version that may be filled in.
        lease: The right to fill.
    """

    pending: timedelta = timedelta(seconds=60)
    settled: timedelta = timedelta(minutes=15)
    absent: timedelta = timedelta(seconds=5)
    floor: timedelta = timedelta(seconds=60)
    lease: timedelta = timedelta(seconds=2)

    @property
    def longest(self) -> timedelta:
        """How long a value may stay at most."""
        return max(self.pending, self.settled, self.absent)

    def of(self, view: StatusView | None, *, chance: float) -> timedelta:
        """
        Return a value's lifetime: up to a tenth shorter, so that not all end at once.

        Args:
            view: The value.
            chance: A random number from 0 to 1.

        >>> Lifetimes().of(None, chance=1.0)
        datetime.timedelta(seconds=4, microseconds=500000)
        """
        if view is None:
            longest = self.absent
        elif view.status is ReferralStatus.PENDING:
            longest = self.pending
        else:
            longest = self.settled
        return longest * (1 - _JITTER * chance)


def milliseconds(time: timedelta) -> int:
    """Return a time in Redis' unit; not 0, which Redis refuses as a lifetime."""
    return max(1, time // timedelta(milliseconds=1))
