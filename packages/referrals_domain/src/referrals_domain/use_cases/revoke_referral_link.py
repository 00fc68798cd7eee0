"""End the use of a link."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import NotFound
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import LinkKey
    from referrals_domain.model.link import ReferralLink


@attrs.frozen(kw_only=True)
class RevokeReferralLink:
    """End the use of a link: orders placed from now on earn nothing by it, earlier ones may."""

    begin: Callable[[], Transaction]
    clock: Clock

    async def __call__(self, key: LinkKey) -> ReferralLink:
        """
        Return the link as it was revoked, now or the first time.

        Raises:
            NotFound: The merchant has no such link.
        """
        async with self.begin() as tx:
            link = (await tx.links.lock([key])).get(key)
            if link is None:
                raise NotFound("the merchant has no such link")
            revoked = link.revoke(self.clock.now())
            if revoked != link:
                await tx.links.save(revoked)
                await tx.commit()
        return revoked
