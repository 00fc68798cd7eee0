"""The laws of `DueReferrals`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.decision import Transition, expire, opened
from referrals_domain.model.identifiers import MerchantId, OrderId, ShopDomain
from referrals_domain.model.referral import Cause, Referral, ReferralStatus
from referrals_domain.ports.due_referrals import Due
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract
from referrals_domain.testing.contracts.referrals import completed, numbered, save

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

ENDS = builders.SHARED_AT + timedelta(days=30)
INSTANT = timedelta(microseconds=1)
OTHER = MerchantId("other")


class DueReferralsContract(StoredContract):
    """What time alone moves on is found from its instant on, page by page, once each."""

    async def test_a_hold_is_over_from_the_instant_on_at_which_it_ends(
        self, begin_with_link: Begin
    ) -> None:
        held = await _held(begin_with_link, 1, until=ENDS)
        async with begin_with_link() as tx:
            assert await tx.due.after_hold(9, at=ENDS - INSTANT, behind=None) == []
            assert await tx.due.after_hold(9, at=ENDS, behind=None) == [Due(held.key, ENDS)]

    async def test_only_what_is_on_hold_has_one_that_ends(self, begin_with_link: Begin) -> None:
        await save(begin_with_link, opened(numbered(1)))
        await save(begin_with_link, opened(numbered(2)), completed(numbered(2)))
        async with begin_with_link() as tx:
            assert await tx.due.after_hold(9, at=ENDS, behind=None) == []

    async def test_holds_come_page_by_page_and_those_that_ended_first_come_first(
        self, begin_with_link: Begin
    ) -> None:
        late, early, tie = [
            await _held(begin_with_link, number, until=ENDS + timedelta(days=day))
            for number, day in ((1, 1), (3, 0), (2, 0))
        ]
        at = ENDS + timedelta(days=1)
        async with begin_with_link() as tx:
            pages = await _pages(lambda behind: tx.due.after_hold(2, at=at, behind=behind))
        assert [[due.key for due in page] for page in pages] == [[tie.key, early.key], [late.key]]

    async def test_a_window_is_over_from_the_instant_on_at_which_it_ends(
        self, begin_with_link: Begin
    ) -> None:
        share = numbered(1)
        await save(begin_with_link, opened(share))
        async with begin_with_link() as tx:
            assert await tx.due.after_window(9, at=ENDS - INSTANT, behind=None) == []
            over = await tx.due.after_window(9, at=ENDS, behind=None)
        assert over == [Due(share.key, builders.SHARED_AT)]

    async def test_every_program_has_a_window_of_its_own_that_may_change(
        self, begin_with_link: Begin
    ) -> None:
        shares = [numbered(1), attrs.evolve(numbered(2), merchant_id=OTHER)]
        await save(begin_with_link, *map(opened, shares))
        await _put_other(begin_with_link, window=timedelta(days=40), version=1)
        async with begin_with_link() as tx:
            over = await tx.due.after_window(9, at=ENDS, behind=None)
            assert [due.key for due in over] == [shares[0].key]
        await _put_other(begin_with_link, window=timedelta(days=10), version=2)
        async with begin_with_link() as tx:
            over = await tx.due.after_window(9, at=ENDS, behind=None)
            assert [due.key for due in over] == [share.key for share in shares]

    async def test_only_a_share_that_waits_for_an_order_has_a_window_that_ends(
        self, begin_with_link: Begin
    ) -> None:
        await save(begin_with_link, opened(numbered(1)), completed(numbered(1)))
        await _held(begin_with_link, 2, until=ENDS)
        gone = expire(numbered(3), builders.program(), at=ENDS)
        assert gone
        await save(begin_with_link, opened(numbered(3)), gone)
        async with begin_with_link() as tx:
            assert await tx.due.after_window(9, at=ENDS, behind=None) == []

    async def test_windows_come_page_by_page_merchant_by_merchant(
        self, begin_with_link: Begin
    ) -> None:
        await _put_other(begin_with_link, window=timedelta(days=30), version=1)
        early = builders.SHARED_AT - timedelta(days=1)
        shares = [
            attrs.evolve(numbered(4), opened_at=early),
            numbered(1),
            numbered(2),
            attrs.evolve(numbered(3), merchant_id=OTHER, opened_at=early),
            attrs.evolve(numbered(5), merchant_id=OTHER),
        ]
        await save(begin_with_link, *map(opened, reversed(shares)))
        async with begin_with_link() as tx:
            pages = await _pages(lambda behind: tx.due.after_window(2, at=ENDS, behind=behind))
        found = [due.key for page in pages for due in page]
        assert found == [share.key for share in shares]
        assert [len(page) for page in pages] == [2, 2, 1]


async def _held(begin: Begin, number: int, *, until: datetime) -> Referral:
    share = numbered(number)
    held = attrs.evolve(
        share,
        status=ReferralStatus.QUALIFIED,
        cause=Cause.ON_HOLD,
        version=2,
        order_id=OrderId(f"90{number}"),
        due_at=until,
    )
    await save(begin, opened(share), Transition(referral=held, from_status=share.status))
    return held


async def _put_other(begin: Begin, *, window: timedelta, version: int) -> None:
    other = builders.program(
        merchant_id=OTHER,
        shop_domain=ShopDomain("other.myshopify.com"),
        window=window,
        version=version,
    )
    async with begin() as tx:
        await tx.programs.save(other)
        await tx.commit()


async def _pages(
    page: Callable[[Due | None], Awaitable[Sequence[Due]]],
) -> list[Sequence[Due]]:
    pages = [await page(None)]
    while pages[-1]:
        pages.append(await page(pages[-1][-1]))
    return pages[:-1]
