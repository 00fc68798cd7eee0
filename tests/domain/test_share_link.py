"""A share opens a referral."""

from __future__ import annotations

import pytest

from referrals_domain.errors import LinkRevoked, NotFound
from referrals_domain.model.decision import opened
from referrals_domain.model.identifiers import LinkId, LinkKey, MerchantId
from referrals_domain.model.link import Channel
from referrals_domain.model.referral import Cause, Referral, ReferralStatus
from referrals_domain.testing import builders
from referrals_domain.testing.time_and_chance import SeededIds
from referrals_domain.use_cases.share_link import ShareLink
from tests.domain.world import World


@pytest.fixture
async def world() -> World:
    """Return a world with a link that nobody has shared."""
    world = World()
    await world.set_up(shares=())
    return world


@pytest.mark.parametrize("channel", Channel)
async def test_a_share_opens_a_pending_referral(world: World, channel: Channel) -> None:
    shared = await _share(world, channel=channel)
    assert shared == builders.referral(
        id=SeededIds().referral(),
        channel=channel,
        status=ReferralStatus.PENDING,
        cause=Cause.LINK_SHARED,
        version=1,
        opened_at=world.clock.now(),
        updated_at=world.clock.now(),
    )
    assert world.store.state.referrals == {shared.key: shared}


async def test_a_share_has_a_line_of_history_and_no_event(world: World) -> None:
    shared = await _share(world)
    assert world.store.state.history == {(shared.key, 1): opened(shared)}
    assert world.events() == []


async def test_a_share_tells_the_cache_that_the_referral_is_no_longer_absent(
    world: World,
) -> None:
    shared = await _share(world)
    assert world.store.state.stale_statuses == {shared.key: 1}


async def test_each_share_opens_a_referral_of_its_own(world: World) -> None:
    one, other = await _share(world), await _share(world)
    assert one.id != other.id
    assert len(world.store.state.referrals) == 2


async def test_a_link_that_was_revoked_is_not_shared() -> None:
    world = World()
    await world.set_up(links=[builders.link(revoked_at=builders.SHARED_AT)], shares=())
    with pytest.raises(LinkRevoked):
        await _share(world)
    assert world.store.state.referrals == {}


@pytest.mark.parametrize(
    "key",
    [
        LinkKey(MerchantId("other"), builders.LINK),
        LinkKey(builders.MERCHANT, LinkId("33333333-3333-4333-8333-333333333333")),
    ],
)
async def test_a_link_that_the_merchant_does_not_have_is_not_shared(
    world: World, key: LinkKey
) -> None:
    with pytest.raises(NotFound):
        await ShareLink(begin=world.store.begin, clock=world.clock, ids=world.ids)(
            key, channel=Channel.SMS
        )


async def _share(world: World, *, channel: Channel = Channel.SMS) -> Referral:
    share = ShareLink(begin=world.store.begin, clock=world.clock, ids=world.ids)
    return await share(builders.link().key, channel=channel)
