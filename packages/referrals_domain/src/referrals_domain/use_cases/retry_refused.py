"""Have events that the broker refused sent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Collection


@attrs.frozen(kw_only=True)
class RetryRefused:
    """Have refused events sent again, each before what it held back."""

    begin: Callable[[], Transaction]

    async def __call__(self, ids: Collection[int]) -> Collection[int]:
        """
        Give the events of these numbers back to the relay; return those that were refused.

        Raises:
            Unavailable: The database is away.
        """
        async with self.begin() as tx:
            retried = await tx.unpublished.retry(ids)
            await tx.commit()
        return retried
