"""Keep what nobody could read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.delivery import UnreadableBody


@attrs.frozen(kw_only=True)
class QuarantineBodies:
    """Keep correctly signed bodies that could not be understood."""

    begin: Callable[[], Transaction]

    async def __call__(self, bodies: Sequence[UnreadableBody]) -> None:
        """
        Store them in one transaction.

        Raises:
            Unavailable: The database is away, or the outcome of the commit is unknown.
        """
        async with self.begin() as tx:
            await tx.quarantine.add(bodies)
            await tx.commit()
