"""
Auth: `python -m referrals_sandbox.neighbours.auth`.

It answers on `/auth.v1.AuthService/ValidateMerchant` and `/auth.v1/ValidateMerchant`.
"""

from __future__ import annotations

import attrs

from referrals_adapters.grpc.pb.auth.v1.auth_pb2 import (
    ValidateMerchantRequest,
    ValidateMerchantResponse,
)
from referrals_sandbox.neighbours.grpc_server import Method, require_permission, run
from referrals_sandbox.neighbours.world import WorldFile


@attrs.frozen
class Auth:
    """Knows the merchants, and who may act for them."""

    world: WorldFile

    def validate_merchant(
        self, request: ValidateMerchantRequest, token: str
    ) -> ValidateMerchantResponse:
        """
        Tell whether a merchant is known and active, to who may act for them.

        Raises:
            Refused: The token may not.
        """
        world = self.world.read()
        require_permission(world, token, request.merchant_id)
        return ValidateMerchantResponse(valid=world.merchants.get(request.merchant_id, False))


def method(world: WorldFile) -> Method:
    """Return the one method that Auth is asked by."""
    return Method(
        name="ValidateMerchant",
        services=("auth.v1.AuthService", "auth.v1"),
        question=ValidateMerchantRequest,
        answer=Auth(world).validate_merchant,
    )


if __name__ == "__main__":
    run(__doc__, method)
