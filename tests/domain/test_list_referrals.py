"""Referrals are listed newest first, a page at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import attrs
import pytest

from referrals_domain.model.identifiers import MerchantId, ReferralId
from referrals_domain.model.referral import Place
from referrals_domain.ports.referral_listing import Selection
from referrals_domain.testing import builders
from referrals_domain.use_cases.list_referrals import ListReferrals, Page
from tests.domain.world import World

if TYPE_CHECKING:
    from referrals_domain.model.referral import Referral

ALL = Selection(merchant_id=builders.MERCHANT)


@pytest.fixture
async def world() -> World:
    """Return a world with five shares, a minute apart."""
    world = World()
    await world.set_up(shares=[_share(number) for number in range(5)])
    return world


async def test_a_page_tells_where_the_next_one_begins(world: World) -> None:
    page = await _list(world, size=2)
    assert page == Page(referrals=[_share(4), _share(3)], last=_share(3).place)


async def test_the_next_page_begins_behind_the_last_one(world: World) -> None:
    page = await _list(world, size=2, after=_share(3).place)
    assert page == Page(referrals=[_share(2), _share(1)], last=_share(1).place)


async def test_the_newest_come_first_whatever_their_ids() -> None:
    world = World()
    newer, older = [
        attrs.evolve(_share(id_), opened_at=builders.SHARED_AT + timedelta(minutes=minutes))
        for id_, minutes in ((0, 1), (1, 0))
    ]
    await world.set_up(shares=[older, newer])
    assert await _list(world, size=1) == Page(
        referrals=[newer], last=Place(newer.opened_at, newer.id)
    )


@pytest.mark.parametrize("size", [5, 6])
async def test_behind_the_last_page_there_is_none(world: World, size: int) -> None:
    page = await _list(world, size=size)
    assert (len(page.referrals), page.last) == (5, None)


async def test_a_list_of_nothing_is_one_empty_page(world: World) -> None:
    nobody = Selection(merchant_id=MerchantId("other"))
    assert await _list(world, of=nobody, size=1) == Page(referrals=[], last=None)


def _share(number: int) -> Referral:
    return builders.referral(
        id=ReferralId(f"22222222-2222-4222-8222-22222222222{number}"),
        opened_at=builders.SHARED_AT + timedelta(minutes=number),
    )


async def _list(
    world: World, *, size: int, after: Place | None = None, of: Selection = ALL
) -> Page:
    return await ListReferrals(begin=world.store.begin)(of, after=after, size=size)
