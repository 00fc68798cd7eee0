"""Core, asked over a real socket."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from referrals_adapters.grpc.calls import Pace
from referrals_adapters.grpc.customer_validator import GrpcCustomerValidator
from referrals_adapters.grpc.pb.core.v1.core_pb2 import GetCustomerRFMResponse
from referrals_domain.errors import Unauthenticated
from referrals_domain.model.evidence import CustomerStanding
from referrals_domain.model.identifiers import CustomerId, CustomerKey
from referrals_domain.testing.builders import ADVOCATE, FRIEND, MERCHANT
from referrals_domain.testing.time_and_chance import FixedClock

if TYPE_CHECKING:
    from referrals_adapters.grpc.channel import Channel
    from tests.neighbours import Neighbour, Reply

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIRST = datetime(2025, 3, 1, 8, 30, tzinfo=UTC)
CUSTOMER = CustomerKey(MERCHANT, FRIEND)
SAY_NOTHING = set(grpc.StatusCode) - {
    grpc.StatusCode.OK,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.UNAUTHENTICATED,
}


@pytest.fixture
def validator(core_channel: Channel) -> GrpcCustomerValidator:
    return GrpcCustomerValidator("Bearer ours", channel=core_channel, clock=FixedClock(NOW))


@pytest.mark.parametrize(
    ("reply", "standing"),
    [
        (grpc.StatusCode.NOT_FOUND, CustomerStanding(known=False, answered_at=NOW)),
        (
            GetCustomerRFMResponse(frequency=3),
            CustomerStanding(known=True, answered_at=NOW, frequency=3),
        ),
        (
            GetCustomerRFMResponse(
                frequency=3, first_order_time=Timestamp(seconds=int(FIRST.timestamp()))
            ),
            CustomerStanding(known=True, answered_at=NOW, frequency=3, first_order_time=FIRST),
        ),
    ],
    ids=["unknown", "without a first order", "with a first order"],
)
async def test_an_explicit_answer_is_a_standing(
    core: Neighbour, validator: GrpcCustomerValidator, reply: Reply, standing: CustomerStanding
) -> None:
    core.reply = lambda _: reply
    assert await validator.standings([CUSTOMER]) == {CUSTOMER: standing}


@pytest.mark.parametrize("status", sorted(SAY_NOTHING, key=str))
async def test_any_other_status_says_nothing_about_the_customer(
    core: Neighbour, validator: GrpcCustomerValidator, status: grpc.StatusCode
) -> None:
    core.reply = lambda _: status
    assert await validator.standings([CUSTOMER]) == {}


@pytest.mark.parametrize(
    "reply",
    [
        b"\xff\xff\xff",
        GetCustomerRFMResponse(first_order_time=Timestamp(seconds=1 << 62)),
    ],
    ids=["no message", "no such time"],
)
async def test_an_answer_that_cannot_be_read_says_nothing(
    core: Neighbour, validator: GrpcCustomerValidator, reply: Reply
) -> None:
    core.reply = lambda _: reply
    assert await validator.standings([CUSTOMER]) == {}


async def test_a_token_that_core_does_not_accept_is_an_error(
    core: Neighbour, validator: GrpcCustomerValidator
) -> None:
    core.reply = lambda _: grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(Unauthenticated):
        await validator.standings([CUSTOMER])


async def test_once_some_in_a_row_fail_the_others_of_the_set_are_not_sent(
    core: Neighbour, validator: GrpcCustomerValidator
) -> None:
    core.reply = lambda _: grpc.StatusCode.UNAVAILABLE
    customers = [CustomerKey(MERCHANT, CustomerId(f"{one}")) for one in range(200)]
    assert await validator.standings(customers) == {}
    assert len(core.calls) <= validator.breaker.failures + validator.pace.at_once


async def test_each_customer_is_asked_about_by_name_with_the_token_and_a_deadline(
    core: Neighbour, validator: GrpcCustomerValidator
) -> None:
    customers = [CUSTOMER, CustomerKey(MERCHANT, ADVOCATE)]
    assert (await validator.standings(customers)).keys() == set(customers)
    asked = [(call.request.merchant_id, call.request.customer_id) for call in core.calls]
    assert sorted(asked) == [(MERCHANT, ADVOCATE), (MERCHANT, FRIEND)]
    assert {call.authorization for call in core.calls} == {"Bearer ours"}
    assert {call.path for call in core.calls} == {"/core.v1.CoreService/GetCustomerRFM"}
    assert all(0 < call.seconds_left < 2.1 for call in core.calls)


async def test_the_service_may_answer_to_another_name(
    core: Neighbour, core_channel: Channel
) -> None:
    validator = GrpcCustomerValidator(
        "Bearer ours", channel=core_channel, clock=FixedClock(), service="core.v1"
    )
    await validator.standings([CUSTOMER])
    assert core.calls[0].path == "/core.v1/GetCustomerRFM"


async def test_a_slow_answer_is_not_waited_for(core: Neighbour, core_channel: Channel) -> None:
    core.delay = 5
    validator = GrpcCustomerValidator(
        "Bearer ours", channel=core_channel, clock=FixedClock(), pace=Pace(timeout=0.1)
    )
    began = time.monotonic()
    assert await validator.standings([CUSTOMER]) == {}
    assert time.monotonic() - began < 1
