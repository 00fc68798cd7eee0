"""
Core: `python -m referrals_sandbox.neighbours.core`.

It answers on `/core.v1.CoreService/GetCustomerRFM` and `/core.v1/GetCustomerRFM`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import grpc

from referrals_adapters.grpc.pb.core.v1.core_pb2 import (
    GetCustomerRFMRequest,
    GetCustomerRFMResponse,
)
from referrals_sandbox.neighbours.grpc_server import Method, Refused, require_permission, run
from referrals_sandbox.neighbours.world import WorldFile

if TYPE_CHECKING:
    from referrals_sandbox.neighbours.world import Customer


@attrs.frozen
class Core:
    """Knows every merchant's customers."""

    world: WorldFile

    def get_customer_rfm(
        self, request: GetCustomerRFMRequest, token: str
    ) -> GetCustomerRFMResponse:
        """
        Tell how recently, how often and for how much a customer has bought.

        Raises:
            Refused: The token may not ask that, or there is no such customer.
        """
        world = self.world.read()
        require_permission(world, token, request.merchant_id)
        if not request.customer_id:
            raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "customer_id is required")
        customer = world.customer(request.merchant_id, request.customer_id)
        if customer is None:
            raise Refused(grpc.StatusCode.NOT_FOUND, "no such customer")
        return _answer(customer)


def _answer(customer: Customer) -> GetCustomerRFMResponse:
    answer = GetCustomerRFMResponse(
        recency=customer.recency,
        frequency=customer.frequency,
        monetary=customer.monetary,
        segment=customer.segment,
        currency_code=customer.currency_code,
    )
    if customer.first_order_time is not None:
        answer.first_order_time.FromDatetime(customer.first_order_time)
    return answer


def method(world: WorldFile) -> Method:
    """Return the one method that Core is asked by."""
    return Method(
        name="GetCustomerRFM",
        services=("core.v1.CoreService", "core.v1"),
        question=GetCustomerRFMRequest,
        answer=Core(world).get_customer_rfm,
    )


if __name__ == "__main__":
    run(__doc__, method)
