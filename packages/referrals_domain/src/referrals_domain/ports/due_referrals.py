"""The referrals that time alone moves on."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from referrals_domain.model.identifiers import ReferralKey


class Due(NamedTuple):
    """A referral whose time has come, and the time by which it is found."""

    key: ReferralKey
    time: datetime


class DueReferrals(Protocol):
    """The referrals that time alone moves on, a page at a time."""

    @abstractmethod
    async def after_hold(self, limit: int, *, at: datetime, behind: Due | None) -> Sequence[Due]:
        """
        Return the first `limit` whose hold is over, or the first behind one.

        They are sorted by the time at which it ended.
        """

    @abstractmethod
    async def after_window(self, limit: int, *, at: datetime, behind: Due | None) -> Sequence[Due]:
        """
        Return the first `limit` PENDING ones whose window has ended, or the first behind one.

        They are sorted by merchant, and then by the time at which they were opened.
        """
