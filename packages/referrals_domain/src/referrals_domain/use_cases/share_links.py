"""Open a referral for each share of a link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import LinkRevoked, NotFound, ReferralsError, RequestReused
from referrals_domain.model.decision import opened
from referrals_domain.model.identifiers import LinkKey, ReferralId, ReferralKey, RequestId
from referrals_domain.model.link import Channel, ReferralLink
from referrals_domain.model.referral import Cause, Referral
from referrals_domain.model.request import Request, fingerprint
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.ids import Ids
from referrals_domain.ports.transaction import Transaction
from referrals_domain.use_cases.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.identifiers import RequestKey


@attrs.frozen(kw_only=True)
class Share:
    """
    A call that shares a link.

    Args:
        link: The link.
        channel: How it is shared.
        request_id: What the caller named the call, if they want to be able to repeat it.
    """

    link: LinkKey
    channel: Channel
    request_id: RequestId | None = None


@attrs.frozen(kw_only=True)
class SharedLink:
    """
    A link that was shared.

    Args:
        link: The link.
        referral: What the share opened; as it now stands, if the call was a repetition.
    """

    link: ReferralLink
    referral: Referral


@attrs.frozen(kw_only=True)
class ShareLinks:
    """
    Open a referral for each share of a link, many in one transaction.

    >>> import asyncio
    >>> from referrals_domain.testing import builders
    >>> from referrals_domain.testing.memory.store import InMemoryStore
    >>> from referrals_domain.testing.time_and_chance import FixedClock, SeededIds
    >>> async def share_by(*channels):
    ...     store = InMemoryStore()
    ...     async with store.begin() as tx:
    ...         await tx.programs.save(builders.program())
    ...         await tx.links.add(builders.link())
    ...         await tx.commit()
    ...     share = ShareLinks(begin=store.begin, clock=FixedClock(), ids=SeededIds())
    ...     link = builders.link().key
    ...     shared = await share([Share(link=link, channel=one) for one in channels])
    ...     return [f"{one.referral.channel}: {one.referral.status}" for one in shared]
    >>> asyncio.run(share_by(Channel.SMS, Channel.EMAIL))
    ['sms: PENDING', 'email: PENDING']
    """

    begin: Callable[[], Transaction]
    clock: Clock
    ids: Ids

    async def __call__(self, shares: Sequence[Share]) -> Sequence[SharedLink | ReferralsError]:
        """
        Return what came of each share, in order; one that is refused does not keep back others.

        A share is refused with `NotFound` if the merchant has no such link, with `LinkRevoked` if
        it is no longer shared, and with `RequestReused` if an earlier call with the request id
        asked for something else.

        Raises:
            Unavailable: The database is away, or the outcome of the commit is unknown.
        """
        now = self.clock.now()
        calls = [_Call(share, self.ids.referral(), now) for share in shares]
        async with self.begin() as tx:
            # The referrals will name the advocates.
            await tx.merchant_keys.hold({share.link.merchant_id for share in shares})
            links = await tx.links.get({share.link for share in shares})
            answers = await _answers(tx, calls, links)
            new = [
                call.open(links[call.share.link])
                for call, answer in zip(calls, answers, strict=True)
                if answer == call.key
            ]
            keys = {answer for answer in answers if isinstance(answer, ReferralKey)}
            known = await tx.referrals.get(keys - {one.key for one in new})
            await record(tx, [opened(one) for one in new])
            await tx.commit()
        referrals = {**known, **{one.key: one for one in new}}
        return [
            SharedLink(link=links[call.share.link], referral=referrals[answer])
            if isinstance(answer, ReferralKey)
            else answer
            for call, answer in zip(calls, answers, strict=True)
        ]


@attrs.frozen
class _Call:
    """A share, and what opens if it is the first with its request id."""

    share: Share
    referral_id: ReferralId
    at: datetime

    @property
    def key(self) -> ReferralKey:
        return ReferralKey(self.share.link.merchant_id, self.referral_id)

    @property
    def request(self) -> Request | None:
        link, id_ = self.share.link, self.share.request_id
        if id_ is None:
            return None
        return Request(
            merchant_id=link.merchant_id,
            id=id_,
            fingerprint=fingerprint("share_link", link.link_id, self.share.channel),
            resource_id=self.referral_id,
            created_at=self.at,
        )

    def open(self, link: ReferralLink) -> Referral:
        return Referral.open(
            link,
            id=self.referral_id,
            channel=self.share.channel,
            cause=Cause.LINK_SHARED,
            at=self.at,
        )

    def answer(
        self, link: ReferralLink | None, first: Mapping[RequestKey, Request]
    ) -> ReferralKey:
        """
        Return the referral that answers the call; who repeats one is answered as it was.

        Raises:
            NotFound: There is no such link.
            RequestReused: An earlier call with the request id asked for something else.
            LinkRevoked: The link is no longer shared.
        """
        if link is None:
            raise NotFound("the merchant has no such link")
        request = self.request
        if request and request.key in first:
            request.require_same(first[request.key])
            return ReferralKey(link.merchant_id, ReferralId(first[request.key].resource_id))
        link.require_active()
        return self.key


async def _answers(
    tx: Transaction, calls: Sequence[_Call], links: Mapping[LinkKey, ReferralLink]
) -> Sequence[ReferralKey | ReferralsError]:
    """Remember the calls that may open something; what is refused may be asked for again."""
    active = {key for key, link in links.items() if not link.revoked_at}
    asked = [(call.share.link in active, request) for call in calls if (request := call.request)]
    first = {
        **await tx.requests.add([request for may_open, request in asked if may_open]),
        **await tx.requests.get({request.key for may_open, request in asked if not may_open}),
    }
    answers: list[ReferralKey | ReferralsError] = []
    for call in calls:
        try:
            answers.append(call.answer(links.get(call.share.link), first))
        except (NotFound, RequestReused, LinkRevoked) as refusal:
            answers.append(refusal)
    return answers
