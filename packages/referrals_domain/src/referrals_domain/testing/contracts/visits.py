"""The laws of `Visits`."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from referrals_domain.model.decision import opened
from referrals_domain.model.identifiers import LinkId, LinkKey, MerchantId, ReferralId, ReferralKey
from referrals_domain.model.link import Channel
from referrals_domain.model.visit import Visit
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

if TYPE_CHECKING:
    from collections.abc import Mapping

VISIT = Visit(
    link=LinkKey(builders.MERCHANT, builders.LINK),
    share=builders.REFERRAL,
    channel=Channel.SMS,
    day=date(2026, 11, 20),
)
SHARE = ReferralKey(builders.MERCHANT, builders.REFERRAL)
OTHER_LINK = LinkId("33333333-3333-4333-8333-333333333333")
OTHER_SHARE = ReferralId("44444444-4444-4444-8444-444444444444")


class VisitsContract(StoredContract):
    """Numbers add up, and only those of a share are the share's."""

    @pytest.fixture
    async def shared(self, begin: Begin) -> Begin:
        """Return `begin` on a store that has the share of the builders, and a foreign one."""
        foreign = builders.referral(merchant_id=MerchantId("other"))
        async with begin() as tx:
            await tx.referrals.save([opened(builders.referral()), opened(foreign)])
            await tx.commit()
        return begin

    async def test_a_share_that_nobody_came_by_is_left_out(self, shared: Begin) -> None:
        assert await _of(shared, SHARE) == {}

    async def test_what_is_added_again_adds_up(self, shared: Begin) -> None:
        await _add(shared, {VISIT: 2})
        await _add(shared, {VISIT: 3})
        assert await _of(shared, SHARE) == {SHARE: 5}

    async def test_days_and_channels_are_kept_apart_and_summed(self, shared: Begin) -> None:
        others = [
            VISIT._replace(day=date(2026, 11, 21)),
            VISIT._replace(channel=Channel.QR),
            VISIT._replace(channel=None),
        ]
        await _add(shared, {VISIT: 1, **dict.fromkeys(others, 10)})
        await _add(shared, {others[2]: 100})
        assert await _of(shared, SHARE) == {SHARE: 131}

    @pytest.mark.parametrize(
        "changes",
        [
            {"share": None},
            {"share": OTHER_SHARE},
            {"link": LinkKey(builders.MERCHANT, OTHER_LINK)},
            {"link": LinkKey(MerchantId("other"), OTHER_LINK)},
        ],
        ids=["no share", "unknown share", "of another link", "of another merchant's link"],
    )
    async def test_what_is_no_share_of_the_link_is_none(
        self, shared: Begin, changes: dict[str, Any]
    ) -> None:
        stray = VISIT._replace(**changes)
        await _add(shared, {stray: 1, stray._replace(share=None): 1})
        await _add(shared, {VISIT: 1})
        asked = [SHARE, ReferralKey(builders.MERCHANT, OTHER_SHARE)]
        asked += [ReferralKey(MerchantId("other"), builders.REFERRAL)]
        assert await _of(shared, *asked) == {SHARE: 1}

    async def test_each_merchant_has_shares_of_their_own(self, shared: Begin) -> None:
        foreign = VISIT._replace(link=LinkKey(MerchantId("other"), builders.LINK))
        await _add(shared, {VISIT: 1, foreign: 2})
        theirs = ReferralKey(MerchantId("other"), builders.REFERRAL)
        assert await _of(shared, SHARE, theirs) == {SHARE: 1, theirs: 2}

    async def test_what_was_rolled_back_does_not_count(self, shared: Begin) -> None:
        async with shared() as tx:
            await tx.visits.add({VISIT: 1})
            assert dict(await tx.visits.of_shares([SHARE])) == {SHARE: 1}
        assert await _of(shared, SHARE) == {}

    async def test_nothing_is_nothing(self, shared: Begin) -> None:
        await _add(shared, {})
        assert await _of(shared) == {}

    async def test_twenty_who_add_at_once_lose_nothing_and_wait_for_nobody_in_a_circle(
        self, shared: Begin
    ) -> None:
        visits = [VISIT._replace(day=date(2026, 11, day)) for day in range(1, 11)]
        orders = [visits, visits[::-1]] * 10
        await asyncio.gather(*(_add(shared, dict.fromkeys(order, 1)) for order in orders))
        assert await _of(shared, SHARE) == {SHARE: 200}


async def _add(begin: Begin, numbers: Mapping[Visit, int]) -> None:
    async with begin() as tx:
        await tx.visits.add(numbers)
        await tx.commit()


async def _of(begin: Begin, *keys: ReferralKey) -> Mapping[ReferralKey, int]:
    async with begin() as tx:
        return dict(await tx.visits.of_shares(keys))
