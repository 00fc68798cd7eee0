"""A merchant is told what is kept of a customer, which answers who asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from referrals_domain.errors import NotFound
from referrals_domain.model.identifiers import CustomerId, CustomerKey, MerchantId
from referrals_domain.model.privacy import CustomerRecord, PrivacyCall, PrivacyKind
from referrals_domain.testing import builders
from referrals_domain.use_cases.export_customer_data import ExportCustomerData
from referrals_domain.use_cases.list_privacy_requests import ListPrivacyRequests
from referrals_domain.use_cases.take_privacy_call import TakePrivacyCall
from tests.domain.world import ADVOCATE, FRIEND

if TYPE_CHECKING:
    from tests.domain.world import World


async def export(world: World, customer: CustomerKey) -> CustomerRecord:
    return await ExportCustomerData(begin=world.store.begin, clock=world.clock)(customer)


async def test_the_link_the_referrals_and_their_history_are_told(world: World) -> None:
    record = await export(world, ADVOCATE)
    assert (record.customer, record.links) == (ADVOCATE, (builders.link(),))
    assert (record.referrals, record.orders) == ((builders.referral(),), ())
    assert [line.version for line in record.history] == [1]


async def test_a_friend_is_told_of_their_order(world: World) -> None:
    await world.deliver(builders.facts())
    await world.work()
    record = await export(world, FRIEND)
    assert (record.orders, record.links) == ((world.order(),), ())
    assert record.touched == {"referrals": 1, "referred_orders": 1, "referral_history": 2}


async def test_of_somebody_who_is_not_known_nothing_is_told(world: World) -> None:
    nobody = CustomerKey(builders.MERCHANT, CustomerId("404"))
    assert await export(world, nobody) == CustomerRecord(customer=nobody)


async def test_a_merchant_without_a_program_has_nobody_to_tell_of(world: World) -> None:
    with pytest.raises(NotFound, match=r"^the merchant has no program$"):
        await export(world, CustomerKey(MerchantId("other"), builders.ADVOCATE))


async def test_the_open_data_request_is_answered_by_it(world: World) -> None:
    call = PrivacyCall(
        kind=PrivacyKind.DATA_REQUEST,
        customer_id=builders.ADVOCATE,
        received_at=builders.PLACED_AT,
    )
    take = TakePrivacyCall(begin=world.store.begin, ids=world.ids)
    await take.of_merchant(builders.MERCHANT, call)
    record = await export(world, ADVOCATE)
    (request,) = await ListPrivacyRequests(begin=world.store.begin)()
    assert (request.done_at, request.customer) == (world.clock.now(), None)
    assert (
        request.touched
        == record.touched
        == {
            "referral_links": 1,
            "referrals": 1,
            "referral_history": 1,
        }
    )
