"""Redactions are carried out one by one, whatever stands in the way of one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from referrals_domain.model.delivery import Receipt
from referrals_domain.model.identifiers import CustomerId, CustomerKey
from referrals_domain.model.privacy import PrivacyCall, PrivacyKind, PrivacyRequest
from referrals_domain.testing import builders
from referrals_domain.testing.memory.store import InMemoryTransaction
from referrals_domain.use_cases.carry_out_redactions import CarryOutRedactions
from referrals_domain.use_cases.list_privacy_requests import ListPrivacyRequests
from referrals_domain.use_cases.take_privacy_call import TakePrivacyCall
from tests.domain.world import World

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import MerchantId
    from referrals_domain.ports.redactions import Redactions


async def ask(
    world: World, merchant_id: MerchantId, customer_id: CustomerId | None = None
) -> None:
    """Ask that a customer be forgotten, or else the whole shop."""
    call = PrivacyCall(
        kind=PrivacyKind.CUSTOMER_REDACT if customer_id else PrivacyKind.SHOP_REDACT,
        customer_id=customer_id,
        received_at=world.clock.now(),
    )
    take = TakePrivacyCall(begin=world.store.begin, ids=world.ids)
    assert await take.of_merchant(merchant_id, call) is Receipt.STORED
    world.clock.advance(timedelta(seconds=1))


async def carry_out(world: World, limit: int = 10, **settings: Any) -> int:
    carry_out = CarryOutRedactions(
        begin=world.store.begin, cache=world.cache, clock=world.clock, **settings
    )
    return await carry_out(limit)


async def requests(world: World) -> list[PrivacyRequest]:
    return list(await ListPrivacyRequests(begin=world.store.begin)())


async def test_the_referrals_of_who_was_redacted_are_invalidated(world: World) -> None:
    await ask(world, builders.MERCHANT, builders.ADVOCATE)
    world.store.state.stale_statuses.clear()
    assert await carry_out(world) == 1
    assert world.store.state.stale_statuses == {builders.referral().key: 1}
    assert world.share().customer_id.is_tombstone
    (request,) = await requests(world)
    assert request.touched == {"referral_links": 1, "referrals": 1}


async def test_of_a_shop_that_is_being_redacted_nobody_is_left_to_redact(world: World) -> None:
    await ask(world, builders.MERCHANT, builders.FRIEND)
    world.store.state.programs.clear()
    await carry_out(world)
    (request,) = await requests(world)
    assert (request.done_at, request.customer, request.touched) == (world.clock.now(), None, {})
    assert world.store.state.redactions == {}


async def test_a_data_request_is_answered_by_the_redaction(world: World) -> None:
    call = PrivacyCall(
        kind=PrivacyKind.DATA_REQUEST,
        customer_id=builders.ADVOCATE,
        received_at=world.clock.now(),
    )
    await TakePrivacyCall(begin=world.store.begin, ids=world.ids).of_merchant(
        builders.MERCHANT, call
    )
    await ask(world, builders.MERCHANT, builders.ADVOCATE)
    await carry_out(world)
    answered, redaction = await requests(world)
    assert (answered.done_at, answered.customer, answered.touched) == (
        world.clock.now(),
        None,
        {},
    )
    assert (redaction.done_at, redaction.customer) == (world.clock.now(), None)


async def test_who_was_redacted_is_remembered_by_a_tombstone(world: World) -> None:
    await ask(world, builders.MERCHANT, builders.ADVOCATE)
    await carry_out(world)
    stone = CustomerKey(builders.MERCHANT, world.share().customer_id)
    assert world.store.state.redactions == {stone: world.clock.now()}
    (link,) = world.store.state.links.values()
    assert (link.customer_id, link.revoked_at) == (stone.customer_id, world.clock.now())


async def test_no_more_are_carried_out_than_asked_for(world: World) -> None:
    await ask(world, builders.MERCHANT, builders.ADVOCATE)
    await ask(world, builders.MERCHANT, builders.FRIEND)
    await ask(world, builders.MERCHANT, CustomerId("7003"))
    assert await carry_out(world, 2) == 2
    assert [one.done_at is None for one in await requests(world)] == [False, False, True]


async def test_a_shop_is_deleted_so_many_rows_at_a_time_until_only_the_receipt_stays() -> None:
    world = World()
    shares = [builders.referral(id=world.ids.referral()) for _ in range(3)]
    await world.set_up(shares=shares)
    await ask(world, builders.MERCHANT, builders.FRIEND)
    await ask(world, builders.MERCHANT)
    world.store.state.privacy_requests.pop(1)
    await ask(world, builders.MERCHANT, builders.ADVOCATE)
    world.store.state.stale_statuses.clear()
    steps = await carry_out(world, 1, rows=2)
    assert steps == 3  # two rows of each table, the third referral, and nothing more
    state = world.store.state
    assert (state.programs, state.links, state.referrals, state.history) == ({}, {}, {}, {})
    (receipt,) = await requests(world)
    assert receipt == PrivacyRequest(
        id=2,
        merchant_id=builders.MERCHANT,
        kind=PrivacyKind.SHOP_REDACT,
        customer_id=None,
        received_at=receipt.received_at,
        done_at=world.clock.now(),
        touched={
            "programs": 1,
            "merchant_keys": 1,
            "referral_links": 1,
            "referrals": 3,
            "referral_history": 3,
            "privacy_requests": 1,
        },
    )
    assert state.stale_statuses == {one.key: 2 for one in shares}


async def test_a_shop_that_asked_for_nothing_else_leaves_one_receipt(world: World) -> None:
    await ask(world, builders.MERCHANT)
    assert await carry_out(world) == 2
    (receipt,) = await requests(world)
    assert "privacy_requests" not in receipt.touched


async def test_one_that_fails_does_not_hold_up_the_others(world: World) -> None:
    await ask(world, builders.MERCHANT, builders.FRIEND)
    await ask(world, builders.MERCHANT, builders.ADVOCATE)

    class BadTransaction(InMemoryTransaction):
        @property
        def redactions(self) -> Redactions:
            if not failed:
                failed.append(1)
                raise RuntimeError("nobody foresaw this")
            return super().redactions

    failed: list[int] = []
    carry_out = CarryOutRedactions(
        begin=lambda: BadTransaction(world.store), cache=world.cache, clock=world.clock
    )
    with pytest.raises(
        ExceptionGroup, match=r"^some redactions could not be carried out"
    ) as failure:
        await carry_out(10)
    assert failure.group_contains(RuntimeError)
    first, second = await requests(world)
    assert (first.done_at is None, second.done_at is None) == (True, False)
    assert await carry_out(10) == 1
