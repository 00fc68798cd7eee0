"""Show a link."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import NotFound
from referrals_domain.model.identifiers import LinkKey
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from referrals_domain.model.code import CodeKey
    from referrals_domain.model.link import ReferralLink


@attrs.frozen(kw_only=True)
class GetReferralLink:
    """Show a link, named by its id or by its code."""

    begin: Callable[[], Transaction]

    async def __call__(self, key: LinkKey | CodeKey) -> ReferralLink:
        """
        Return the link.

        Raises:
            NotFound: The merchant has no such link.
        """
        async with self.begin() as tx:
            link = (
                (await tx.links.get([key])).get(key)
                if isinstance(key, LinkKey)
                else (await tx.links.by_codes([key])).get(key)
            )
        if link is None:
            raise NotFound("the merchant has no such link")
        return link
