"""Open a referral for one share of a link."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import NotFound
from referrals_domain.model.decision import opened
from referrals_domain.model.referral import Cause, Referral
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.ids import Ids
from referrals_domain.ports.transaction import Transaction
from referrals_domain.use_cases.record import record

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import LinkKey
    from referrals_domain.model.link import Channel


@attrs.frozen(kw_only=True)
class ShareLink:
    """Open a referral for one share of a link."""

    begin: Callable[[], Transaction]
    clock: Clock
    ids: Ids

    async def __call__(self, link: LinkKey, *, channel: Channel) -> Referral:
        """
        Return the referral that the share opened.

        Raises:
            NotFound: The merchant has no such link.
            LinkRevoked: The link is no longer shared.
        """
        async with self.begin() as tx:
            shared = (await tx.links.get([link])).get(link)
            if shared is None:
                raise NotFound("the merchant has no such link")
            shared.require_active()
            referral = Referral.open(
                shared,
                id=self.ids.referral(),
                channel=channel,
                cause=Cause.LINK_SHARED,
                at=self.clock.now(),
            )
            await record(tx, [opened(referral)])
            await tx.commit()
        return referral
