"""A referral is shown with the order that explains it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from referrals_domain.errors import NotFound
from referrals_domain.model.identifiers import MerchantId, ReferralId, ReferralKey
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.visits import VISIT
from referrals_domain.use_cases.get_referral import ExplainedReferral, GetReferral

if TYPE_CHECKING:
    from tests.domain.world import World

SHARE = builders.referral().key


async def test_a_referral_that_waits_for_an_order_has_no_explanation(world: World) -> None:
    share = builders.referral()
    assert await _get(world, SHARE) == ExplainedReferral(
        referral=share, order=None, history=[share.view]
    )


async def test_a_referral_with_an_order_is_explained_by_it(world: World) -> None:
    await world.deliver(builders.facts())
    await world.work()
    explained = await _get(world, SHARE)
    history = [builders.referral().view, world.share().view]
    assert explained == ExplainedReferral(
        referral=world.share(), order=world.order(), history=history
    )
    assert explained.order
    assert explained.order.explanation


async def test_the_visits_of_its_share_are_shown_and_no_others(world: World) -> None:
    other = VISIT._replace(share=None)
    async with world.store.begin() as tx:
        await tx.visits.add({VISIT: 3, other: 5})
        await tx.commit()
    assert (await _get(world, SHARE)).visits == 3


@pytest.mark.parametrize(
    "key",
    [
        ReferralKey(MerchantId("other"), builders.REFERRAL),
        ReferralKey(builders.MERCHANT, ReferralId("99999999-9999-4999-8999-999999999999")),
    ],
)
async def test_what_the_merchant_does_not_have_is_not_shown(
    world: World, key: ReferralKey
) -> None:
    with pytest.raises(NotFound, match=r"^the merchant has no such referral$"):
        await _get(world, key)


async def _get(world: World, key: ReferralKey) -> ExplainedReferral:
    return await GetReferral(begin=world.store.begin)(key)
