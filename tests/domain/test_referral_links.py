"""An advocate has one link, whoever asks for it and however often."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs
import pytest

from referrals_domain.errors import CodeTaken, NotFound, RequestReused
from referrals_domain.model.code import CodeKey
from referrals_domain.model.identifiers import CustomerId, CustomerKey, LinkKey, MerchantId
from referrals_domain.model.link import Channel
from referrals_domain.model.request import fingerprint
from referrals_domain.testing import builders
from referrals_domain.testing.time_and_chance import SeededIds
from referrals_domain.use_cases.create_referral_link import CreateReferralLink
from referrals_domain.use_cases.get_referral_link import GetReferralLink
from referrals_domain.use_cases.revoke_referral_link import RevokeReferralLink
from tests.domain.world import World

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import RequestId
    from referrals_domain.model.link import ReferralLink


@pytest.fixture
async def world() -> World:
    """Return a world with a program and no link."""
    world = World()
    await world.set_up(links=(), shares=())
    return world


async def test_an_advocate_gets_a_link(world: World) -> None:
    link = await _create(world, builders.ADVOCATE)
    fresh = SeededIds()
    assert link == builders.link(
        id=fresh.link(), code=fresh.code(), created_at=world.clock.now(), revoked_at=None
    )


async def test_an_advocate_who_asks_again_gets_the_same_link(world: World) -> None:
    first = await _create(world, builders.ADVOCATE)
    assert await _create(world, builders.ADVOCATE) == first
    assert list(world.store.state.links.values()) == [first]


async def test_an_advocate_who_asks_twenty_times_at_once_gets_one_link(world: World) -> None:
    links = await asyncio.gather(*(_create(world, builders.ADVOCATE) for _ in range(20)))
    assert len(set(links)) == len(world.store.state.links) == 1


async def test_two_advocates_get_two_links(world: World) -> None:
    one, other = [await _create(world, CustomerId(number)) for number in ("1", "2")]
    assert one.id != other.id
    assert one.code != other.code


async def test_a_code_that_is_taken_gives_way_to_a_fresh_one(world: World) -> None:
    first = await _create(world, CustomerId("1"), ids=SeededIds(7))
    second = await _create(world, CustomerId("2"), ids=SeededIds(7))
    repeated = SeededIds(7)
    assert (repeated.link(), repeated.code()) == (first.id, first.code)
    assert (second.id, second.code) == (repeated.link(), repeated.code())


async def test_four_codes_may_be_taken(world: World) -> None:
    await _take_codes(world, 4)
    link = await _create(world, builders.ADVOCATE, ids=SeededIds(7), request_id=builders.REQUEST)
    assert world.store.state.links[link.key] == link
    (request,) = world.store.state.requests.values()
    assert (request.id, request.resource_id) == (builders.REQUEST, link.id)


async def test_five_taken_codes_in_a_row_are_an_error(world: World) -> None:
    await _take_codes(world, 5)
    with pytest.raises(CodeTaken):
        await _create(world, builders.ADVOCATE, ids=SeededIds(7))
    assert len(world.store.state.links) == 5


async def test_a_merchant_without_a_program_gives_no_links(world: World) -> None:
    create = CreateReferralLink(begin=world.store.begin, clock=world.clock, ids=world.ids)
    with pytest.raises(NotFound, match=r"^the merchant has no program$"):
        await create(merchant_id=MerchantId("other"), customer_id=builders.ADVOCATE)
    assert world.store.state.links == {}


async def test_a_customer_who_was_redacted_gets_a_link_that_is_revoked(world: World) -> None:
    key = world.ids.merchant_key()
    stone = CustomerKey(builders.MERCHANT, key.tombstone(builders.ADVOCATE))
    async with world.store.begin() as tx:
        await tx.merchant_keys.add(builders.MERCHANT, key)
        await tx.redactions.add(stone, at=world.clock.now())
        await tx.commit()
    link = await _create(world, builders.ADVOCATE)
    assert (link.customer_id, link.revoked_at) == (stone.customer_id, world.clock.now())
    assert (await _create(world, builders.FRIEND)).revoked_at is None


async def test_what_was_asked_for_is_remembered_with_what_came_of_it(world: World) -> None:
    link = await _create(world, builders.ADVOCATE, request_id=builders.REQUEST)
    assert list(world.store.state.requests.values()) == [
        builders.request(
            fingerprint=fingerprint("create_referral_link", builders.ADVOCATE),
            resource_id=link.id,
            created_at=world.clock.now(),
        )
    ]


async def test_a_link_may_be_asked_for_again_with_the_same_request_id(world: World) -> None:
    first = await _create(world, builders.ADVOCATE, request_id=builders.REQUEST)
    assert await _create(world, builders.ADVOCATE, request_id=builders.REQUEST) == first


async def test_a_link_for_somebody_else_with_the_same_request_id_is_refused(
    world: World,
) -> None:
    link = await _create(world, builders.ADVOCATE, request_id=builders.REQUEST)
    with pytest.raises(RequestReused):
        await _create(world, builders.FRIEND, request_id=builders.REQUEST)
    assert world.store.state.links == {link.key: link}


async def test_the_request_id_of_a_link_is_none_for_its_share(world: World) -> None:
    link = await _create(world, builders.ADVOCATE, request_id=builders.REQUEST)
    with pytest.raises(RequestReused):
        await world.share_link(link.key, channel=Channel.SMS, request_id=builders.REQUEST)
    assert world.store.state.referrals == {}


async def test_a_link_is_shown_by_its_id_and_by_its_code(world: World) -> None:
    link = await _create(world, builders.ADVOCATE)
    get = GetReferralLink(begin=world.store.begin)
    assert await get(link.key) == link
    assert await get(CodeKey(builders.MERCHANT, link.code)) == link


async def test_another_merchants_link_is_not_shown(world: World) -> None:
    link = await _create(world, builders.ADVOCATE)
    other = MerchantId("other")
    for key in (LinkKey(other, link.id), CodeKey(other, link.code)):
        with pytest.raises(NotFound, match=r"^the merchant has no such link$"):
            await GetReferralLink(begin=world.store.begin)(key)


async def test_an_unknown_link_is_not_shown(world: World) -> None:
    for key in (builders.link().key, CodeKey(builders.MERCHANT, builders.CODE)):
        with pytest.raises(NotFound, match=r"^the merchant has no such link$"):
            await GetReferralLink(begin=world.store.begin)(key)


async def test_a_link_is_revoked_from_now_on(world: World) -> None:
    link = await _create(world, builders.ADVOCATE)
    world.clock.advance(timedelta(hours=1))
    revoked = await _revoke(world, link.key)
    assert revoked == attrs.evolve(link, revoked_at=world.clock.now())
    assert await GetReferralLink(begin=world.store.begin)(link.key) == revoked


async def test_a_link_that_is_revoked_again_keeps_the_first_time(world: World) -> None:
    link = await _create(world, builders.ADVOCATE)
    first = await _revoke(world, link.key)
    world.clock.advance(timedelta(hours=1))
    assert await _revoke(world, link.key) == first


async def test_an_advocate_whose_link_was_revoked_gets_no_other(world: World) -> None:
    link = await _create(world, builders.ADVOCATE)
    revoked = await _revoke(world, link.key)
    assert await _create(world, builders.ADVOCATE) == revoked


async def test_a_link_that_the_merchant_does_not_have_is_not_revoked(world: World) -> None:
    link = await _create(world, builders.ADVOCATE)
    for key in (LinkKey(MerchantId("other"), link.id), builders.link().key):
        with pytest.raises(NotFound, match=r"^the merchant has no such link$"):
            await _revoke(world, key)
    assert world.store.state.links == {link.key: link}


async def _revoke(world: World, key: LinkKey) -> ReferralLink:
    return await RevokeReferralLink(begin=world.store.begin, clock=world.clock)(key)


async def _create(
    world: World,
    customer_id: CustomerId,
    *,
    ids: SeededIds | None = None,
    request_id: RequestId | None = None,
) -> ReferralLink:
    create = CreateReferralLink(begin=world.store.begin, clock=world.clock, ids=ids or world.ids)
    return await create(
        merchant_id=builders.MERCHANT, customer_id=customer_id, request_id=request_id
    )


async def _take_codes(world: World, number: int) -> None:
    ids = SeededIds(7)
    for customer in range(number):
        await _create(world, CustomerId(str(customer)), ids=ids)
