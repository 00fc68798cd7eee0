"""List the referrals of a merchant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.referral import Place, Referral
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from referrals_domain.ports.referral_listing import Selection


@attrs.frozen(kw_only=True)
class Page:
    """
    One page of a list.

    Args:
        referrals: The referrals, newest first.
        last: Behind which place the next page begins; None: there is none.
    """

    referrals: Sequence[Referral]
    last: Place | None


@attrs.frozen(kw_only=True)
class ListReferrals:
    """List the referrals of a merchant, newest first, a page at a time."""

    begin: Callable[[], Transaction]

    async def __call__(self, selection: Selection, *, after: Place | None, size: int) -> Page:
        """Return the page of up to `size` referrals that begins behind a place."""
        async with self.begin() as tx:
            found = await tx.listing.page(selection, after=after, limit=size + 1)
        referrals = found[:size]
        last = referrals[-1].place if len(found) > size else None
        return Page(referrals=referrals, last=last)
