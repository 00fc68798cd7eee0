"""Auth and Core, asked over real sockets, keep the laws of their ports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from referrals_adapters.grpc.channel import open_channel
from referrals_adapters.grpc.customer_validator import GrpcCustomerValidator
from referrals_adapters.grpc.merchant_validator import GrpcMerchantValidator
from referrals_adapters.grpc.pb.auth.v1.auth_pb2 import ValidateMerchantResponse
from referrals_adapters.grpc.pb.core.v1.core_pb2 import GetCustomerRFMResponse
from referrals_domain.model.identifiers import CustomerId, CustomerKey, MerchantId
from referrals_domain.ports.merchant_validator import Verdict
from referrals_domain.testing.contracts.customer_validator import (
    ANSWERED_AT,
    CoreThatSays,
    CustomerValidatorContract,
)
from referrals_domain.testing.contracts.merchant_validator import (
    AuthThatSays,
    MerchantValidatorContract,
)
from referrals_domain.testing.time_and_chance import FixedClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from referrals_domain.model.evidence import CustomerStanding
    from tests.neighbours import Neighbour, Reply

VERDICTS: dict[Verdict | None, Reply] = {
    Verdict.VALID: ValidateMerchantResponse(valid=True),
    Verdict.INVALID: ValidateMerchantResponse(valid=False),
    Verdict.DENIED: grpc.StatusCode.PERMISSION_DENIED,
    None: grpc.StatusCode.UNAVAILABLE,
}


class TestGrpcMerchantValidator(MerchantValidatorContract):
    @pytest.fixture
    async def asking(self, auth: Neighbour) -> AsyncIterator[GrpcMerchantValidator]:
        async with open_channel(auth.target) as channel:
            yield GrpcMerchantValidator("Bearer ours", channel=channel)

    @pytest.fixture
    def auth_that_says(self, auth: Neighbour, asking: GrpcMerchantValidator) -> AuthThatSays:
        def saying(verdicts: Mapping[MerchantId, Verdict]) -> GrpcMerchantValidator:
            auth.reply = lambda asked: VERDICTS[verdicts.get(MerchantId(asked.merchant_id))]
            return asking

        return saying

    @pytest.fixture
    def refused_by_auth(
        self, auth: Neighbour, asking: GrpcMerchantValidator
    ) -> GrpcMerchantValidator:
        auth.reply = lambda _: grpc.StatusCode.UNAUTHENTICATED
        return asking


class TestGrpcCustomerValidator(CustomerValidatorContract):
    @pytest.fixture
    async def asking(self, core: Neighbour) -> AsyncIterator[GrpcCustomerValidator]:
        async with open_channel(core.target) as channel:
            clock = FixedClock(ANSWERED_AT)
            yield GrpcCustomerValidator("Bearer ours", channel=channel, clock=clock)

    @pytest.fixture
    def core_that_says(self, core: Neighbour, asking: GrpcCustomerValidator) -> CoreThatSays:
        def saying(standings: Mapping[CustomerKey, CustomerStanding]) -> GrpcCustomerValidator:
            core.reply = lambda asked: _reply(standings.get(_key(asked)))
            return asking

        return saying

    @pytest.fixture
    def refused_by_core(
        self, core: Neighbour, asking: GrpcCustomerValidator
    ) -> GrpcCustomerValidator:
        core.reply = lambda _: grpc.StatusCode.UNAUTHENTICATED
        return asking


def _key(asked: Any) -> CustomerKey:
    return CustomerKey(MerchantId(asked.merchant_id), CustomerId(asked.customer_id))


def _reply(standing: CustomerStanding | None) -> Reply:
    if standing is None:
        return grpc.StatusCode.UNAVAILABLE
    if not standing.known:
        return grpc.StatusCode.NOT_FOUND
    first = standing.first_order_time
    return GetCustomerRFMResponse(
        frequency=standing.frequency,
        first_order_time=Timestamp(seconds=int(first.timestamp())) if first else None,
    )
