"""What one process has of a limit: its own part, and what Redis lent it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.model.limit import Limit

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_PROCESSES: Final = 16
"""So many processes together let no more than the limit pass; each further one adds its own."""

LENT_FOR: Final = 0.5
"""Seconds after which what was lent and not spent is void; it has come back in Redis by then."""

_IN_REDIS: Final = 3 / 4
_OWN: Final = (1 - _IN_REDIS) / MOST_PROCESSES
_OWN_WHILE_AWAY: Final = 1 / MOST_PROCESSES
_MOST_LENT: Final = 4  # loans as large as may be are all that comes back while they count
_MICROSECONDS: Final = 1e6  # in a second


@attrs.define(eq=False)
class Portion:
    """
    What one process has of a limit.

    Args:
        name: The limit's key in Redis.
        limit: The whole of it, of all processes.
        looked_at: When its own part last grew, in seconds.
    """

    name: str
    limit: Limit
    looked_at: float
    refused_until: float = attrs.field(default=0.0, init=False)
    _own: float = attrs.field(init=False)
    _lent: int = attrs.field(default=0, init=False)
    _lent_until: float = attrs.field(default=0.0, init=False)
    _spent: int = attrs.field(default=0, init=False)

    @_own.default
    def _whole(self) -> float:
        return self.limit.at_once * _OWN

    def has_one(self, now: float, *, away: bool) -> bool:
        """
        Tell whether a call is left.

        Args:
            now: The time, in seconds.
            away: Whether Redis does not answer: then its part grows here.
        """
        a_second = self.limit.a_second * (_OWN_WHILE_AWAY if away else _OWN)
        self._own = min(self._whole(), self._own + (now - self.looked_at) * a_second)
        self.looked_at = now
        if now >= self._lent_until:
            self._lent = 0
        return self._lent > 0 or self._own >= 1

    def spend(self) -> None:
        """Take a call that is left, of what was lent first."""
        if self._lent:
            self._lent -= 1
            self._spent += 1
        else:
            self._own -= 1

    @property
    def terms(self) -> Sequence[float]:
        """
        After how many microseconds a call is back, how many may be out, and how many are wanted.

        They are twice as many as were spent of the last loan: who needs few holds up nobody.
        """
        a_second = self.limit.a_second * _IN_REDIS
        may_be_out = self.limit.at_once * _IN_REDIS - a_second * LENT_FOR
        most = a_second * LENT_FOR / _MOST_LENT
        return _MICROSECONDS / a_second, may_be_out, max(1, int(min(2 * self._spent, most)))

    def borrow(self, answer: int, at: float) -> None:
        """
        Take what Redis answered.

        Args:
            answer: How many calls it lent; less than 0: minus the microseconds until it has one.
            at: When it was asked, in seconds.
        """
        if answer < 0:
            self.refused_until = at - answer / _MICROSECONDS
            return
        self._lent, self._lent_until, self._spent = answer, at + LENT_FOR, 0
