"""Lead a friend who follows a link."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import NotFound, Unavailable
from referrals_domain.model.code import CodeKey
from referrals_domain.model.landing import Landing, landing_url
from referrals_domain.model.visit import Visit
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.landings import Landings

if TYPE_CHECKING:
    from referrals_domain.model.link_url import LinkUrl


@attrs.frozen(kw_only=True)
class FollowLink:
    """Lead a friend who follows a link to the merchant's storefront."""

    landings: Landings
    clock: Clock

    async def __call__(self, followed: LinkUrl) -> Landing:
        """
        Return where they land: with a signal if the program is active and the link in use.

        While nobody can tell whether it is, they come with a signal: attribution looks again.

        Raises:
            NotFound: There is no such merchant.
            Unavailable: Nobody can tell where the merchant's storefront is.
        """
        program = await self.landings.program(followed.merchant_id)
        if program is None:
            raise NotFound("there is no such merchant")
        plain, code = Landing(program.storefront_url), followed.code
        if code is None or not program.active:
            return plain
        url = landing_url(program, code, followed)
        try:
            link = await self.landings.link(CodeKey(followed.merchant_id, code))
        except Unavailable:
            return Landing(url)
        if link is None or link.revoked_at:
            return plain
        day = self.clock.now().astimezone(UTC).date()
        return Landing(url, Visit(link.key, followed.share, followed.channel, day))
