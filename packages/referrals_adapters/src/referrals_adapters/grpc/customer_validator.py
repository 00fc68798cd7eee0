"""Core, asked about customers by gRPC."""

from __future__ import annotations

from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING

import attrs
import grpc

from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.grpc.calls import Method, Outcome, Pace
from referrals_adapters.grpc.channel import Channel
from referrals_adapters.grpc.pb.core.v1.core_pb2 import (
    GetCustomerRFMRequest,
    GetCustomerRFMResponse,
)
from referrals_adapters.grpc.settings import CORE_SERVICE
from referrals_domain.errors import Unauthenticated
from referrals_domain.model.evidence import CustomerStanding
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.customer_validator import CustomerValidator

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from referrals_domain.model.identifiers import CustomerKey


@attrs.frozen
class GrpcCustomerValidator(CustomerValidator):
    """
    Core, asked in the name of one caller.

    Args:
        authorization: The caller's `authorization` metadata.
        channel: The connection to Core.
        clock: Tells when Core answered.
        service: The name that Core's service answers to.
        pace: The deadlines, and how many calls are made at once.
        breaker: Keeps from asking while Core fails.
    """

    authorization: str = attrs.field(repr=False)
    channel: Channel = attrs.field(kw_only=True)
    clock: Clock = attrs.field(kw_only=True)
    service: str = attrs.field(default=CORE_SERVICE, kw_only=True)
    pace: Pace = attrs.field(factory=Pace, kw_only=True)
    breaker: Breaker = attrs.field(factory=Breaker, kw_only=True)

    async def standings(
        self, customers: Collection[CustomerKey]
    ) -> Mapping[CustomerKey, CustomerStanding]:
        """
        Return each customer's standing; those that Core did not answer are left out.

        Raises:
            Unauthenticated: Core does not accept the caller's token.
        """
        method = Method(
            channel=self.channel,
            path=f"/{self.service}/GetCustomerRFM",
            answer=GetCustomerRFMResponse,
            authorization=self.authorization,
            pace=self.pace,
            breaker=self.breaker,
        )
        requests = {
            key: GetCustomerRFMRequest(customer_id=key.customer_id, merchant_id=key.merchant_id)
            for key in customers
        }
        asked_at = self.clock.now()  # not later than any answer: Core may still have lagged then
        return await method.ask(requests, partial(_standing, at=asked_at))


def _standing(
    outcome: Outcome[GetCustomerRFMResponse], *, at: datetime
) -> CustomerStanding | None:
    """
    Read an answer; that Core does not know the customer is one.

    Raises:
        Unauthenticated: It is that the token is not accepted.
    """
    if outcome is grpc.StatusCode.UNAUTHENTICATED:
        raise Unauthenticated("Core does not accept the token")
    if outcome is grpc.StatusCode.NOT_FOUND:
        return CustomerStanding(known=False, answered_at=at)
    if not isinstance(outcome, GetCustomerRFMResponse):
        return None
    try:
        first = (
            outcome.first_order_time.ToDatetime(UTC)
            if outcome.HasField("first_order_time")
            else None
        )
    except (ValueError, OverflowError):  # no such time
        return None
    return CustomerStanding(
        known=True, answered_at=at, frequency=outcome.frequency, first_order_time=first
    )
