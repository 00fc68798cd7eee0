"""Have deliveries that waited for a person tried again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.clock import Clock
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Collection


@attrs.frozen(kw_only=True)
class ReleaseHeld:
    """Have held deliveries tried again at once; what still cannot be decided is held again."""

    begin: Callable[[], Transaction]
    clock: Clock

    async def __call__(self, ids: Collection[int]) -> Collection[int]:
        """
        Make the deliveries of these numbers due now; return those that were held.

        Raises:
            Unavailable: The database is away.
        """
        async with self.begin() as tx:
            released = await tx.held.release(ids, due_at=self.clock.now())
            await tx.commit()
        return released
