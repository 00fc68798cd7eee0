"""What leads friends, in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.landings import Landings
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from referrals_domain.model.code import CodeKey
    from referrals_domain.model.identifiers import MerchantId
    from referrals_domain.model.link import ReferralLink
    from referrals_domain.model.program import ReferralProgram


@attrs.frozen
class InMemoryLandings(Landings):
    """What leads friends, as a store has it at that moment."""

    begin: Callable[[], Transaction]

    async def program(self, merchant_id: MerchantId) -> ReferralProgram | None:
        """Return the merchant's program."""
        async with self.begin() as tx:
            return (await tx.programs.get([merchant_id])).get(merchant_id)

    async def link(self, key: CodeKey) -> ReferralLink | None:
        """Return the link that has the code."""
        async with self.begin() as tx:
            return (await tx.links.by_codes([key])).get(key)
