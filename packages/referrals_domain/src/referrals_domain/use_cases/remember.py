"""Tell a call that is repeated from a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_domain.errors import RequestReused

if TYPE_CHECKING:
    from referrals_domain.model.request import Request
    from referrals_domain.ports.transaction import Transaction


async def remember(tx: Transaction, request: Request) -> str:
    """
    Remember a request within the transaction that does what it asks for.

    Returns:
        The id of what it creates; of what the earlier one created, if it is a repetition.

    Raises:
        RequestReused: The earlier one asked for something else.
    """
    first = await tx.requests.add(request)
    if first.fingerprint != request.fingerprint:
        raise RequestReused("an earlier call with this request id asked for something else")
    return first.resource_id
