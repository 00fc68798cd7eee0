"""The programs in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import ShopTaken, Stale
from referrals_domain.ports.programs import Programs
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import MerchantId, ShopDomain
    from referrals_domain.model.program import ReferralProgram


@attrs.frozen
class InMemoryPrograms(Programs):
    """The programs in memory."""

    state: State

    async def get(
        self, merchant_ids: Collection[MerchantId]
    ) -> Mapping[MerchantId, ReferralProgram]:
        """Return the programs that exist."""
        return {
            id_: self.state.programs[id_] for id_ in merchant_ids if id_ in self.state.programs
        }

    async def by_shops(
        self, domains: Collection[ShopDomain]
    ) -> Mapping[ShopDomain, ReferralProgram]:
        """Return the programs of these shops that exist."""
        return {
            one.shop_domain: one
            for one in self.state.programs.values()
            if one.shop_domain in domains
        }

    async def save(self, program: ReferralProgram) -> None:
        """Save the version after the one that is stored."""
        others = dict(self.state.programs)
        stored = others.pop(program.merchant_id, None)
        if (stored.version if stored else 0) != program.version - 1:
            raise Stale("the program was put by somebody else")
        if any(one.shop_domain == program.shop_domain for one in others.values()):
            raise ShopTaken("the shop belongs to another program")
        self.state.programs[program.merchant_id] = program
