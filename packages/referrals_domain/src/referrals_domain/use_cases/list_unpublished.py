"""Show which events the broker does not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.ports.unpublished_events import UnpublishedEvent


@attrs.frozen(kw_only=True)
class ListUnpublished:
    """Show which events the broker refused, and on wish all that it does not have yet."""

    begin: Callable[[], Transaction]

    async def __call__(self, *, waiting: bool = False) -> Sequence[UnpublishedEvent]:
        """
        Return the refused events, or all of them, those added first first.

        Raises:
            Unavailable: The database is away.
        """
        async with self.begin() as tx:
            return await (tx.unpublished.all() if waiting else tx.unpublished.refused())
