"""Redactions are carried out one by one, whatever stands in the way of one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from referrals_domain.model.delivery import Receipt
from referrals_domain.model.privacy import PrivacyCall, PrivacyKind
from referrals_domain.testing import builders
from referrals_domain.testing.memory.store import InMemoryTransaction
from referrals_domain.use_cases.carry_out_redactions import CarryOutRedactions
from referrals_domain.use_cases.list_privacy_requests import ListPrivacyRequests
from referrals_domain.use_cases.take_privacy_call import TakePrivacyCall

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import CustomerId, MerchantId
    from referrals_domain.model.privacy import PrivacyRequest
    from referrals_domain.ports.redactions import Redactions
    from tests.domain.world import World


async def ask(world: World, merchant_id: MerchantId, customer_id: CustomerId) -> None:
    call = PrivacyCall(
        kind=PrivacyKind.CUSTOMER_REDACT,
        customer_id=customer_id,
        received_at=world.clock.now(),
    )
    take = TakePrivacyCall(begin=world.store.begin, ids=world.ids)
    assert await take.of_merchant(merchant_id, call) is Receipt.STORED
    world.clock.advance(timedelta(seconds=1))


async def carry_out(world: World) -> int:
    return await CarryOutRedactions(begin=world.store.begin, cache=world.cache, clock=world.clock)(
        10
    )


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
    with pytest.raises(ExceptionGroup) as failure:
        await carry_out(10)
    assert failure.group_contains(RuntimeError)
    first, second = await requests(world)
    assert (first.done_at is None, second.done_at is None) == (True, False)
    assert await carry_out(10) == 1
