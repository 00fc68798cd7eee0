"""Who asks, for which merchant, and how often."""

from __future__ import annotations

import math
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

import attrs
import grpc.aio

from referrals_adapters.grpc.merchant_access import MerchantAccess
from referrals_adapters.grpc.translate.requests import merchant_of
from referrals_domain.errors import PermissionDenied, RateLimited, Unauthenticated
from referrals_domain.ports.rate_limits import RateLimits
from referrals_grpc.admitted import admitting
from referrals_grpc.interceptors.calls import in_place_of, is_open

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from referrals_domain.model.identifiers import MerchantId
    from referrals_grpc.interceptors.calls import Context, Handler, Next


@attrs.frozen
class MerchantInterceptor(grpc.aio.ServerInterceptor):
    """
    Lets a call pass only if it names a merchant whom its caller may act for, and not too often.

    What is done for it acts for that merchant alone.

    Whatever is not an open service needs a token and a merchant; a call whose request has no
    place for a merchant cannot pass, nor can a stream. Only calls that may be made are counted:
    nobody uses up what belongs to others.

    Args:
        access: Tells who may act for whom.
        limits: Tell how often.
    """

    access: MerchantAccess
    limits: RateLimits

    async def intercept_service(
        self, continuation: Next, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Return the call's handler behind the check."""
        handler = await continuation(handler_call_details)
        if handler is None or is_open(handler_call_details):
            return handler
        if handler.unary_unary is None:
            return None

        async def behave(request: Message, context: Context) -> Any:
            with admitting([await self._admit(request, context)]):
                return await handler.unary_unary(request, context)

        return in_place_of(handler, behave)

    async def _admit(self, request: Message, context: Context) -> MerchantId:
        authorization = _authorization(context)
        merchant_id = merchant_of(request)
        if merchant_id is None:
            raise PermissionDenied("the request names no merchant")
        await self.access.require(authorization, merchant_id, within=_time_left(context))
        caller = sha256(authorization.encode()).hexdigest()
        if not await self.limits.take(caller, merchant_id):
            raise RateLimited("too many calls of this caller or merchant")
        return merchant_id


def _time_left(context: Context) -> float:
    """Return the seconds until the caller's deadline."""
    left = cast("float | None", context.time_remaining())  # the stubs forget who sets none
    return math.inf if left is None else left


def _authorization(context: Context) -> str:
    """
    Return the caller's `authorization` metadata.

    Raises:
        Unauthenticated: There is none, or more than one, or one that cannot be passed on.
    """
    metadata = context.invocation_metadata() or ()
    given = [value for key, value in metadata if key == "authorization"]
    match given:
        case [str(value)] if value and value.isascii() and value.isprintable():
            return value
        case _:
            raise Unauthenticated("no token")
