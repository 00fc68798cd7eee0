"""The due referrals in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.referral import ReferralStatus
from referrals_domain.ports.due_referrals import Due, DueReferrals
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@attrs.frozen
class InMemoryDueReferrals(DueReferrals):
    """The due referrals in memory."""

    state: State

    async def after_hold(self, limit: int, *, at: datetime, behind: Due | None) -> Sequence[Due]:
        """Return those whose hold is over, by the time at which it ended."""
        over = [
            Due(one.key, one.due_at)
            for one in self.state.referrals.values()
            if one.due_at and one.due_at <= at
        ]
        in_order = sorted(over, key=_by_time)
        return [due for due in in_order if not behind or _by_time(due) > _by_time(behind)][:limit]

    async def after_window(self, limit: int, *, at: datetime, behind: Due | None) -> Sequence[Due]:
        """Return the PENDING ones whose window has ended, merchant by merchant."""
        windows = {id_: program.window for id_, program in self.state.programs.items()}
        over = [
            Due(one.key, one.opened_at)
            for one in self.state.referrals.values()
            if one.status is ReferralStatus.PENDING
            and one.opened_at + windows[one.merchant_id] <= at
        ]
        in_order = sorted(over, key=_by_merchant)
        return [due for due in in_order if not behind or _by_merchant(due) > _by_merchant(behind)][
            :limit
        ]


def _by_time(due: Due) -> tuple[datetime, str, str]:
    return (due.time, due.key.merchant_id, due.key.referral_id)


def _by_merchant(due: Due) -> tuple[str, datetime, str]:
    return (due.key.merchant_id, due.time, due.key.referral_id)
