"""The laws of `ReferralListing`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from referrals_domain.model.decision import opened
from referrals_domain.model.identifiers import CustomerId, LinkId, MerchantId
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.ports.referral_listing import Selection
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract
from referrals_domain.testing.contracts.referrals import completed, numbered, save

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.referral import Place, Referral

ALL = Selection(merchant_id=builders.MERCHANT)
OTHER_MERCHANT = MerchantId("other")
OTHER_ADVOCATE = CustomerId("7009")
OTHER_LINK = LinkId("33333333-3333-4333-8333-333333333333")


class ReferralListingContract(StoredContract):
    """Newest first, each once, and nothing but what is wanted."""

    async def test_the_newest_come_first_and_no_more_than_the_limit(self, begin: Begin) -> None:
        old, new, newest = [_opened(number, minutes=number) for number in (1, 2, 3)]
        await _store(begin, new, newest, old)
        assert await _page(begin, limit=3) == [newest, new, old]
        assert await _page(begin, limit=2) == [newest, new]

    async def test_of_two_that_opened_at_once_the_id_decides(self, begin: Begin) -> None:
        twins = [_opened(number, minutes=0) for number in (2, 3, 1)]
        await _store(begin, *twins)
        ids = [referral.id for referral in await _page(begin, limit=3)]
        assert ids == sorted(ids, reverse=True)

    async def test_pages_follow_each_other_without_gap_or_repetition(self, begin: Begin) -> None:
        await _store(begin, *(_opened(number, minutes=number // 3) for number in range(10)))
        whole = await _page(begin, limit=10)
        assert await _page_by_page(begin, size=3) == whole

    async def test_what_is_opened_meanwhile_moves_nothing(self, begin: Begin) -> None:
        await _store(begin, *(_opened(number, minutes=number) for number in range(4)))
        whole = await _page(begin, limit=4)
        first = await _page(begin, limit=2)
        await _store(begin, _opened(50, minutes=50))
        assert [*first, *await _page(begin, limit=2, after=first[-1].place)] == whole

    async def test_behind_the_last_there_is_nothing(self, begin: Begin) -> None:
        only = _opened(1, minutes=0)
        await _store(begin, only)
        assert await _page(begin, limit=1, after=only.place) == []
        assert await _page(begin, limit=1, of=Selection(merchant_id=OTHER_MERCHANT)) == []

    @pytest.mark.parametrize(
        ("wanted", "fitting"),
        [
            ({}, {1, 2, 3, 4}),
            ({"status": ReferralStatus.COMPLETED}, {4}),
            ({"status": ReferralStatus.PENDING}, {1, 2, 3}),
            ({"status": ReferralStatus.QUALIFIED}, set()),
            ({"customer_id": OTHER_ADVOCATE}, {2}),
            ({"referral_link_id": OTHER_LINK}, {2, 3}),
            ({"customer_id": builders.ADVOCATE, "referral_link_id": OTHER_LINK}, {3}),
            ({"status": ReferralStatus.COMPLETED, "customer_id": OTHER_ADVOCATE}, set()),
        ],
    )
    async def test_only_what_fits_all_that_is_wanted_is_listed(
        self, begin: Begin, wanted: dict[str, Any], fitting: set[int]
    ) -> None:
        await _store(
            begin,
            _opened(1),
            _opened(2, customer_id=OTHER_ADVOCATE, referral_link_id=OTHER_LINK),
            _opened(3, referral_link_id=OTHER_LINK),
            _opened(4),
            _opened(5, merchant_id=OTHER_MERCHANT),
        )
        await save(begin, completed(_opened(4)))
        selection = Selection(merchant_id=builders.MERCHANT, **wanted)
        listed = await _page_by_page(begin, size=2, of=selection)
        assert {int(referral.id[-2:]) for referral in listed} == fitting


def _opened(number: int, *, minutes: int = 0, **changes: Any) -> Referral:
    return builders.referral(
        id=numbered(number).id,
        opened_at=builders.SHARED_AT + timedelta(minutes=minutes),
        **changes,
    )


async def _store(begin: Begin, *referrals: Referral) -> None:
    await save(begin, *map(opened, referrals))


async def _page(
    begin: Begin, *, limit: int, after: Place | None = None, of: Selection = ALL
) -> Sequence[Referral]:
    async with begin() as tx:
        return await tx.listing.page(of, after=after, limit=limit)


async def _page_by_page(begin: Begin, *, size: int, of: Selection = ALL) -> Sequence[Referral]:
    listed: list[Referral] = []
    while page := await _page(
        begin, limit=size, after=listed[-1].place if listed else None, of=of
    ):
        listed += page
    return listed
