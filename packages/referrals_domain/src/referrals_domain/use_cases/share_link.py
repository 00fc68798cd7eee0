"""Open a referral for one share of a link."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import NotFound
from referrals_domain.model.decision import opened
from referrals_domain.model.identifiers import ReferralId, ReferralKey
from referrals_domain.model.referral import Cause, Referral
from referrals_domain.model.request import Request, fingerprint
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.ids import Ids
from referrals_domain.ports.transaction import Transaction
from referrals_domain.use_cases.record import record
from referrals_domain.use_cases.remember import remember

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import LinkKey, RequestId
    from referrals_domain.model.link import Channel, ReferralLink


@attrs.frozen(kw_only=True)
class ShareLink:
    """Open a referral for one share of a link."""

    begin: Callable[[], Transaction]
    clock: Clock
    ids: Ids

    async def __call__(
        self, link: LinkKey, *, channel: Channel, request_id: RequestId | None = None
    ) -> Referral:
        """
        Return the referral that the share opened; as it now stands, if the call is a repetition.

        Raises:
            NotFound: The merchant has no such link.
            LinkRevoked: The link is no longer shared.
            RequestReused: An earlier call with the request id asked for something else.
        """
        id_, now = self.ids.referral(), self.clock.now()
        async with self.begin() as tx:
            await tx.merchant_keys.hold([link.merchant_id])  # the referral names the advocate
            if request_id:
                request = Request(
                    merchant_id=link.merchant_id,
                    id=request_id,
                    fingerprint=fingerprint("share_link", link.link_id, channel),
                    resource_id=id_,
                    created_at=now,
                )
                first = ReferralKey(link.merchant_id, ReferralId(await remember(tx, request)))
                if first.referral_id != id_:
                    return (await tx.referrals.get([first]))[first]
            referral = Referral.open(
                await _active(tx, link), id=id_, channel=channel, cause=Cause.LINK_SHARED, at=now
            )
            await record(tx, [opened(referral)])
            await tx.commit()
        return referral


async def _active(tx: Transaction, key: LinkKey) -> ReferralLink:
    link = (await tx.links.get([key])).get(key)
    if link is None:
        raise NotFound("the merchant has no such link")
    link.require_active()
    return link
