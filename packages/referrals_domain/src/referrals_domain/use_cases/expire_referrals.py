"""Expire the referrals that nobody bought through in time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.decision import expire
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.status_cache import StatusCache
from referrals_domain.ports.transaction import Transaction
from referrals_domain.use_cases.record import record, telling
from referrals_domain.use_cases.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from referrals_domain.ports.due_referrals import Due


@attrs.frozen(kw_only=True)
class ExpireReferrals:
    """Expire the referrals whose window ended without an order."""

    begin: Callable[[], Transaction]
    cache: StatusCache
    clock: Clock

    async def __call__(self, limit: int) -> int:
        """
        Go through all whose window has ended, `limit` at a time.

        Returns:
            How many expired.

        Raises:
            Unavailable: The database is away.
            ExceptionGroup: Some met unforeseen errors; the others are done.
        """
        at = self.clock.now()
        return await sweep(partial(self._page, limit, at), partial(self._expire, at))

    async def _page(self, limit: int, at: datetime, behind: Due | None) -> Sequence[Due]:
        async with self.begin() as tx:
            return await tx.due.after_window(limit, at=at, behind=behind)

    async def _expire(self, at: datetime, dues: Sequence[Due]) -> int:
        keys = [due.key for due in dues]
        async with telling(self.cache) as versions, self.begin() as tx:
            ours = await tx.merchant_keys.hold({key.merchant_id for key in keys})
            referrals = await tx.referrals.lock([key for key in keys if key.merchant_id in ours])
            programs = await tx.programs.get({key.merchant_id for key in keys})
            moves = [expire(one, programs[one.merchant_id], at=at) for one in referrals.values()]
            versions.update(await record(tx, [move for move in moves if move]))
            await tx.commit()
        return len(versions)
