"""The referral links in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import CodeTaken
from referrals_domain.model.code import CodeKey
from referrals_domain.ports.referral_links import ReferralLinks
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import LinkKey
    from referrals_domain.model.link import ReferralLink


@attrs.frozen
class InMemoryReferralLinks(ReferralLinks):
    """The referral links in memory."""

    state: State

    async def by_codes(self, codes: Collection[CodeKey]) -> Mapping[CodeKey, ReferralLink]:
        """Return the links that have these codes."""
        by_code = {CodeKey(one.merchant_id, one.code): one for one in self.state.links.values()}
        return {key: by_code[key] for key in codes if key in by_code}

    async def get(self, keys: Collection[LinkKey]) -> Mapping[LinkKey, ReferralLink]:
        """Return the links."""
        return {key: self.state.links[key] for key in keys if key in self.state.links}

    async def lock(self, keys: Collection[LinkKey]) -> Mapping[LinkKey, ReferralLink]:
        """Return the links; the whole store is locked."""
        return await self.get(keys)

    async def add(self, link: ReferralLink) -> ReferralLink:
        """Add a link, or return the one of its advocate."""
        of_merchant = [
            one for one in self.state.links.values() if one.merchant_id == link.merchant_id
        ]
        for one in of_merchant:
            if one.customer_id == link.customer_id:
                return one
        if any(one.code == link.code for one in of_merchant):
            raise CodeTaken("another link has the code")
        self.state.links[link.key] = link
        return link

    async def save(self, link: ReferralLink) -> None:
        """Save a link that this transaction locked."""
        if link.key not in self.state.links:
            raise AssertionError("a link is locked before it is saved")
        self.state.links[link.key] = link
