"""Count the visits of friends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.visit import Visit


@attrs.frozen(kw_only=True)
class CountVisits:
    """Count the visits of friends, many at once."""

    begin: Callable[[], Transaction]

    async def __call__(self, numbers: Mapping[Visit, int]) -> None:
        """
        Add so many of each; those of a shop that was redacted since are dropped.

        Raises:
            Unavailable: They may have been added or not.
        """
        async with self.begin() as tx:
            ours = await tx.merchant_keys.hold({visit.link.merchant_id for visit in numbers})
            await tx.visits.add(
                {visit: one for visit, one in numbers.items() if visit.link.merchant_id in ours}
            )
            await tx.commit()
