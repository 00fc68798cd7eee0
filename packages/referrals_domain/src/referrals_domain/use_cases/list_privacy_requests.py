"""Show what persons and shops asked for, and what was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.privacy import PrivacyRequest


@attrs.frozen(kw_only=True)
class ListPrivacyRequests:
    """Show what persons and shops asked for, and the receipts of what was done."""

    begin: Callable[[], Transaction]

    async def __call__(self) -> Sequence[PrivacyRequest]:
        """
        Return the requests, those that came first first.

        Raises:
            Unavailable: The database is away.
        """
        async with self.begin() as tx:
            return await tx.privacy_requests.all()
