"""A share opens a referral."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs
import pytest

from referrals_domain.errors import LinkRevoked, NotFound, RequestReused
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.decision import opened
from referrals_domain.model.identifiers import CustomerId, LinkId, LinkKey, MerchantId
from referrals_domain.model.link import Channel
from referrals_domain.model.referral import Cause, Referral, ReferralStatus
from referrals_domain.testing import builders
from referrals_domain.testing.time_and_chance import SeededIds
from referrals_domain.use_cases.share_links import Share, SharedLink
from tests.domain.world import World

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import RequestId
    from referrals_domain.model.link import ReferralLink


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
    with pytest.raises(NotFound, match=r"^the merchant has no such link$"):
        await world.share_link(key, channel=Channel.SMS)


# Again.


async def test_a_share_that_is_repeated_opens_no_other_referral(world: World) -> None:
    first = await _share(world, request_id=builders.REQUEST)
    world.clock.advance(timedelta(minutes=1))
    before = world.store.state
    assert await _share(world, request_id=builders.REQUEST) == first
    assert world.store.state == before


async def test_what_was_asked_for_is_remembered_with_what_came_of_it(world: World) -> None:
    shared = await _share(world, request_id=builders.REQUEST)
    assert list(world.store.state.requests.values()) == [
        builders.request(resource_id=shared.id, created_at=world.clock.now())
    ]


async def test_twenty_who_share_at_once_with_one_id_open_one_referral(world: World) -> None:
    shares = [_share(world, request_id=builders.REQUEST) for _ in range(20)]
    assert len(set(await asyncio.gather(*shares))) == len(world.store.state.referrals) == 1


async def test_a_share_that_is_repeated_later_tells_what_became_of_it(world: World) -> None:
    shared = await _share(world, request_id=builders.REQUEST)
    moved = attrs.evolve(shared, status=ReferralStatus.EXPIRED, version=2)
    world.store.state.referrals[shared.key] = moved
    assert await _share(world, request_id=builders.REQUEST) == moved


async def test_a_share_is_repeated_safely_even_once_its_link_was_revoked(world: World) -> None:
    first = await _share(world, request_id=builders.REQUEST)
    world.store.state.links[builders.link().key] = builders.link(revoked_at=world.clock.now())
    assert await _share(world, request_id=builders.REQUEST) == first


async def test_a_share_that_failed_may_be_tried_again_with_the_same_id(world: World) -> None:
    link = builders.link()
    world.store.state.links[link.key] = builders.link(revoked_at=world.clock.now())
    with pytest.raises(LinkRevoked):
        await _share(world, request_id=builders.REQUEST)
    world.store.state.links[link.key] = link
    shared = await _share(world, request_id=builders.REQUEST, channel=Channel.QR)
    assert list(world.store.state.referrals) == [shared.key]


async def test_another_share_with_the_same_id_is_refused() -> None:
    other = builders.link(
        id=LinkId("33333333-3333-4333-8333-333333333333"),
        customer_id=CustomerId("7009"),
        code=ReferralCode.of_number(1),
    )
    world = World()
    await world.set_up(links=[builders.link(), other], shares=())
    shared = await _share(world, request_id=builders.REQUEST)
    for link, channel in [(builders.link(), Channel.QR), (other, Channel.SMS)]:
        with pytest.raises(RequestReused, match=r"^an earlier call .* asked for something else$"):
            await _share(world, link=link, channel=channel, request_id=builders.REQUEST)
    assert list(world.store.state.referrals) == [shared.key]


async def test_each_merchant_has_request_ids_of_their_own(world: World) -> None:
    other = builders.link(merchant_id=MerchantId("other"))
    world.store.state.links[other.key] = other
    shared = [
        await _share(world, link=link, request_id=builders.REQUEST)
        for link in (builders.link(), other)
    ]
    assert list(world.store.state.referrals) == [one.key for one in shared]


# Together.


async def test_shares_that_come_together_are_answered_each_in_its_place(world: World) -> None:
    link, revoked, absent = (
        builders.link(),
        builders.link(
            id=LinkId("33333333-3333-4333-8333-333333333333"), revoked_at=world.clock.now()
        ),
        LinkKey(MerchantId("other"), builders.LINK),
    )
    world.store.state.links[revoked.key] = revoked
    before = await _share(world, request_id=builders.REQUEST)
    again = Share(link=link.key, channel=Channel.SMS, request_id=builders.REQUEST)
    other = Share(link=link.key, channel=Channel.QR, request_id=builders.REQUEST)
    answers = await world.share_links(
        [
            Share(link=revoked.key, channel=Channel.SMS),
            Share(link=link.key, channel=Channel.EMAIL),
            again,
            Share(link=absent, channel=Channel.SMS),
            other,
        ]
    )
    opened_now = SharedLink(link=link, referral=list(world.store.state.referrals.values())[-1])
    assert answers[1:3] == [opened_now, SharedLink(link=link, referral=before)]
    assert [type(answer) for answer in answers] == [
        LinkRevoked,
        SharedLink,
        SharedLink,
        NotFound,
        RequestReused,
    ]
    assert opened_now.referral.channel is Channel.EMAIL
    assert len(world.store.state.referrals) == 2


async def test_of_two_with_one_request_id_that_come_together_the_first_opens(
    world: World,
) -> None:
    share = Share(link=builders.link().key, channel=Channel.SMS, request_id=builders.REQUEST)
    other = attrs.evolve(share, channel=Channel.QR)
    one, again, reused = await world.share_links([share, share, other])
    assert one == again
    assert isinstance(reused, RequestReused)
    assert len(world.store.state.referrals) == 1


async def _share(
    world: World,
    *,
    link: ReferralLink | None = None,
    channel: Channel = Channel.SMS,
    request_id: RequestId | None = None,
) -> Referral:
    key = (link or builders.link()).key
    return await world.share_link(key, channel=channel, request_id=request_id)
