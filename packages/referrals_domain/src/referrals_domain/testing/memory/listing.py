"""The list of referrals in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.referral_listing import ReferralListing
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.referral import Place, Referral
    from referrals_domain.ports.referral_listing import Selection


@attrs.frozen
class InMemoryReferralListing(ReferralListing):
    """The list of referrals in memory."""

    state: State

    async def page(
        self, selection: Selection, *, after: Place | None, limit: int
    ) -> Sequence[Referral]:
        """Return the first `limit`, or the first behind a place."""
        wanted = attrs.asdict(selection, recurse=False).items()
        fitting = [
            referral
            for referral in self.state.referrals.values()
            if all(value in {None, getattr(referral, name)} for name, value in wanted)
            and (after is None or referral.place < after)
        ]
        return sorted(fitting, key=lambda one: one.place, reverse=True)[:limit]
