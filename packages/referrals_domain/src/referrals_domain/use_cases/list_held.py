"""Show which deliveries wait for a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.delivery import HeldDelivery


@attrs.frozen(kw_only=True)
class ListHeld:
    """Show which deliveries wait for a person."""

    begin: Callable[[], Transaction]

    async def __call__(self) -> Sequence[HeldDelivery]:
        """
        Return the held deliveries, those that came first first.

        Raises:
            Unavailable: The database is away.
        """
        async with self.begin() as tx:
            return await tx.held.all()
