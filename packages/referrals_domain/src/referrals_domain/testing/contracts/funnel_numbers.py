"""The laws of `FunnelNumbers`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import attrs
import pytest

from referrals_domain.model.decision import opened
from referrals_domain.model.funnel import Days, Followed, Opened
from referrals_domain.model.identifiers import LinkId, LinkKey, MerchantId, OrderId, ReferralId
from referrals_domain.model.link import Channel
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.model.visit import Visit
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract
from referrals_domain.testing.contracts.referrals import completed, numbered, reversed_, save

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.referral import Referral

INSTANT = timedelta(microseconds=1)
DAYS = Days(date(2026, 11, 18), date(2026, 11, 20))
FIRST = datetime(2026, 11, 18, tzinfo=UTC)
BEHIND = datetime(2026, 11, 21, tzinfo=UTC)
OTHER = MerchantId("other")
SHARED = Opened(DAYS.first, Channel.SMS, shared=True, status=ReferralStatus.PENDING)
VISIT = Visit(LinkKey(builders.MERCHANT, builders.LINK), None, Channel.SMS, DAYS.first)


class FunnelNumbersContract(StoredContract):
    """Each referral and each visit counts once, on its day, for its merchant."""

    async def test_what_is_alike_is_counted_together(self, begin: Begin) -> None:
        await _open(begin, *(_share(number, FIRST) for number in range(3)))
        assert await _opened(begin) == {SHARED: 3}

    async def test_days_begin_at_midnight_in_utc(self, begin: Begin) -> None:
        times = (FIRST - INSTANT, FIRST, BEHIND - INSTANT, BEHIND)
        await _open(begin, *(_share(number, at) for number, at in enumerate(times)))
        assert await _opened(begin) == {SHARED: 1, SHARED._replace(day=DAYS.last): 1}

    async def test_channels_are_kept_apart(self, begin: Begin) -> None:
        channels = [*Channel, None]
        shares = [_share(number, FIRST) for number in range(len(channels))]
        await _open(
            begin,
            *(
                attrs.evolve(share, channel=channel)
                for share, channel in zip(shares, channels, strict=True)
            ),
        )
        assert await _opened(begin) == {SHARED._replace(channel=one): 1 for one in channels}

    async def test_shares_and_what_an_order_opened_are_kept_apart(self, begin: Begin) -> None:
        id_ = ReferralId.of_order(builders.MERCHANT, builders.ORDER)
        await _open(begin, _share(1, FIRST), attrs.evolve(_share(2, FIRST), id=id_))
        assert await _opened(begin) == {SHARED: 1, SHARED._replace(shared=False): 1}

    async def test_a_referral_counts_where_it_stands_now(self, begin: Begin) -> None:
        share = _share(1, FIRST)
        done = completed(share)
        await save(begin, opened(share), done)
        assert await _opened(begin) == {SHARED._replace(status=ReferralStatus.COMPLETED): 1}
        await save(begin, reversed_(done.referral))
        assert await _opened(begin) == {SHARED._replace(status=ReferralStatus.REVERSED): 1}

    @pytest.mark.parametrize("status", ReferralStatus)
    async def test_every_status_is_told(self, begin: Begin, status: ReferralStatus) -> None:
        await _open(begin, attrs.evolve(_share(1, FIRST), status=status, order_id=OrderId("1")))
        assert await _opened(begin) == {SHARED._replace(status=status): 1}

    async def test_visits_add_up_over_links_and_shares(self, begin: Begin) -> None:
        share = _share(1, FIRST)
        await _open(begin, share)
        link = LinkKey(builders.MERCHANT, LinkId("33333333-3333-4333-8333-333333333333"))
        visits = {VISIT: 1, VISIT._replace(share=share.id): 20, VISIT._replace(link=link): 300}
        await _follow(begin, visits)
        assert await _followed(begin) == {Followed(DAYS.first, Channel.SMS): 321}

    async def test_visits_are_kept_apart_by_day_and_channel(self, begin: Begin) -> None:
        days = [DAYS.first + timedelta(days=number) for number in range(-1, 4)]
        visits: dict[Visit, int] = {VISIT._replace(day=day): 1 for day in days}
        visits[VISIT._replace(channel=None)] = 5
        await _follow(begin, visits)
        assert await _followed(begin) == {
            Followed(DAYS.first, None): 5,
            **{Followed(day, Channel.SMS): 1 for day in days[1:-1]},
        }

    async def test_each_merchant_has_numbers_of_their_own(self, begin: Begin) -> None:
        await _open(begin, attrs.evolve(_share(1, FIRST), merchant_id=OTHER))
        await _follow(begin, {VISIT._replace(link=LinkKey(OTHER, builders.LINK)): 1})
        assert (await _opened(begin), await _followed(begin)) == ({}, {})

    async def test_what_was_not_committed_does_not_count(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.referrals.save([opened(_share(1, FIRST))])
            await tx.visits.add({VISIT: 1})
        assert (await _opened(begin), await _followed(begin)) == ({}, {})


def _share(number: int, at: datetime) -> Referral:
    return attrs.evolve(numbered(number), opened_at=at)


async def _open(begin: Begin, *referrals: Referral) -> None:
    await save(begin, *map(opened, referrals))


async def _follow(begin: Begin, numbers: Mapping[Visit, int]) -> None:
    async with begin() as tx:
        await tx.visits.add(numbers)
        await tx.commit()


async def _opened(begin: Begin) -> Mapping[Opened, int]:
    async with begin() as tx:
        return dict(await tx.funnel.opened(builders.MERCHANT, DAYS))


async def _followed(begin: Begin) -> Mapping[Followed, int]:
    async with begin() as tx:
        return dict(await tx.funnel.followed(builders.MERCHANT, DAYS))
