"""Show a merchant's program."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import NotFound
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import MerchantId
    from referrals_domain.model.program import ReferralProgram


@attrs.frozen(kw_only=True)
class GetProgram:
    """Show a merchant's program."""

    begin: Callable[[], Transaction]

    async def __call__(self, merchant_id: MerchantId) -> ReferralProgram:
        """
        Return the program as it was last put.

        Raises:
            NotFound: The merchant has no program.
        """
        async with self.begin() as tx:
            program = (await tx.programs.get([merchant_id])).get(merchant_id)
        if program is None:
            raise NotFound("the merchant has no program")
        return program
