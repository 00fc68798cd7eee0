"""ExportCustomerData tells what is kept of a customer, and nobody else's ids."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_domain.model.decision import Transition, opened
from referrals_domain.model.evidence import Evidence
from referrals_domain.model.privacy import PrivacyCall, PrivacyKind
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.testing import builders
from referrals_domain.testing.builders import ADVOCATE, FRIEND, MERCHANT, ORDER
from tests.grpc.service import TOKEN

if TYPE_CHECKING:
    from tests.grpc.service import Service


@pytest.fixture(autouse=True)
async def stored(service: Service) -> None:
    """A completed referral, and a request for the friend's data."""
    after = builders.referral_in_review(status=ReferralStatus.COMPLETED, cause=Cause.ORDER_CREATED)
    call = PrivacyCall(
        kind=PrivacyKind.DATA_REQUEST, customer_id=FRIEND, received_at=builders.PLACED_AT
    )
    order = builders.order_in_review(evidence=builders.evidence())
    async with service.store.begin() as tx:
        await tx.programs.save(builders.program())
        await tx.links.add(builders.link())
        await tx.referrals.save([opened(builders.referral())])
        await tx.referrals.save([Transition(referral=after, from_status=ReferralStatus.PENDING)])
        await tx.orders.save([order], at=builders.PLACED_AT)
        await tx.privacy_requests.add(MERCHANT, call, key="a", touched={})
        await tx.commit()


async def export(service: Service, customer_id: str) -> Any:
    request = pb.ExportCustomerDataRequest(merchant_id=MERCHANT, customer_id=customer_id)
    answer = await service.stub.ExportCustomerData(request, metadata=TOKEN, timeout=5)
    return json.loads(answer.document)


async def test_a_friend_is_told_of_their_order_and_their_request_is_answered(
    service: Service,
) -> None:
    document = await export(service, FRIEND)
    assert document["customer_id"] == FRIEND
    assert document["referral_links"] == []
    (referral,) = document["referrals"]
    assert (referral["roles"], referral["order_id"]) == (["friend"], ORDER)
    assert [line["status"] for line in referral["history"]] == ["PENDING", "COMPLETED"]
    (order,) = document["orders"]
    assert order["total"] == {"amount": "67.10", "currency": "USD"}
    assert order["placed_at"] == builders.PLACED_AT.isoformat()
    assert order["known_to_core"]["known"] is False
    assert ADVOCATE not in json.dumps(document)
    (request,) = service.store.state.privacy_requests.values()
    assert request.request.done_at
    assert request.request.touched["referred_orders"] == 1


async def test_an_advocate_is_told_of_their_link_and_not_who_bought_what(
    service: Service,
) -> None:
    document = await export(service, ADVOCATE)
    assert [one["code"] for one in document["referral_links"]] == [builders.CODE]
    assert [one["roles"] for one in document["referrals"]] == [["advocate"]]
    assert document["orders"] == []
    for of_the_friend in (FRIEND, ORDER):
        assert of_the_friend not in json.dumps(document)
    (request,) = service.store.state.privacy_requests.values()
    assert request.request.done_at is None


async def test_of_somebody_who_is_not_known_nothing_is_kept(service: Service) -> None:
    document = await export(service, "9")
    assert [document[part] for part in ("referral_links", "referrals", "orders")] == [[], [], []]


async def test_refunds_revocations_and_missing_times_are_told(service: Service) -> None:
    state = service.store.state
    state.links[builders.link().key] = builders.link().revoke(
        builders.PLACED_AT + timedelta(days=1)
    )
    (key,) = state.orders
    bare = attrs.evolve(builders.facts(snapshot=None), paid_at=None)
    state.orders[key] = attrs.evolve(state.orders[key], facts=bare, evidence=Evidence())
    (order,) = (await export(service, FRIEND))["orders"]
    assert (order["total"], order["paid_at"], order["known_to_core"]) == (None, None, None)
    (link,) = (await export(service, ADVOCATE))["referral_links"]
    assert link["revoked_at"] == "2026-11-21T15:15:28+00:00"


async def test_a_merchant_without_a_program_has_nothing_to_export(service: Service) -> None:
    service.store.state.programs.clear()
    request = pb.ExportCustomerDataRequest(merchant_id=MERCHANT, customer_id=FRIEND)
    refusal = await service.refusal("ExportCustomerData", request)
    assert refusal.reason == "NOT_FOUND"
