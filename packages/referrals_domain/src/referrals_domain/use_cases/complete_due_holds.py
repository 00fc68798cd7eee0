"""Complete the referrals whose hold is over."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.identifiers import OrderKey
from referrals_domain.model.order import OrderFacts
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.status_cache import StatusCache
from referrals_domain.ports.transaction import Transaction
from referrals_domain.use_cases.load_docket import load_docket
from referrals_domain.use_cases.record import telling
from referrals_domain.use_cases.settle_again import settle_again
from referrals_domain.use_cases.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from referrals_domain.ports.due_referrals import Due


@attrs.frozen(kw_only=True)
class CompleteDueHolds:
    """Decide again about the referrals whose hold is over: what still passes completes."""

    begin: Callable[[], Transaction]
    cache: StatusCache
    clock: Clock

    async def __call__(self, limit: int) -> int:
        """
        Go through all that are due, `limit` at a time.

        Returns:
            How many changed.

        Raises:
            Unavailable: The database is away.
            ExceptionGroup: Some met unforeseen errors; the others are done.
        """
        at = self.clock.now()
        return await sweep(partial(self._page, limit, at), partial(self._settle, at))

    async def _page(self, limit: int, at: datetime, behind: Due | None) -> Sequence[Due]:
        async with self.begin() as tx:
            return await tx.due.after_hold(limit, at=at, behind=behind)

    async def _settle(self, at: datetime, dues: Sequence[Due]) -> int:
        async with telling(self.cache) as versions, self.begin() as tx:
            referrals = await tx.referrals.get([due.key for due in dues])
            nothing_new = {
                OrderKey(one.merchant_id, one.order_id): OrderFacts(order_id=one.order_id)
                for one in referrals.values()
                if one.order_id
            }
            docket = await load_docket(tx, nothing_new, lock=True)
            versions.update(await settle_again(tx, docket, at=at))
            await tx.commit()
        return len(versions)
