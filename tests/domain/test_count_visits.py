"""Visits add up, but for those of a shop that was redacted meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_domain.model.identifiers import LinkKey, MerchantId
from referrals_domain.model.link import Channel
from referrals_domain.model.visit import Visit
from referrals_domain.testing import builders
from referrals_domain.use_cases.count_visits import CountVisits

if TYPE_CHECKING:
    from tests.domain.world import World


async def test_only_the_visits_of_our_merchants_add_up(world: World) -> None:
    ours = Visit(builders.link().key, builders.REFERRAL, Channel.SMS, builders.PLACED_AT.date())
    theirs = ours._replace(link=LinkKey(MerchantId("redacted"), builders.LINK))
    count = CountVisits(begin=world.store.begin)
    await count({ours: 2, theirs: 5})
    await count({ours: 1})
    assert world.store.state.visits == {ours: 3}
