"""What every call passes through: who asks, for which merchant, and what went wrong."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs
import grpc.aio
from google.protobuf.message import DecodeError

from referrals_adapters.grpc.merchant_access import MerchantAccess
from referrals_adapters.grpc.status import DETAILS, code_of, status_of
from referrals_adapters.grpc.translate.fields import InvalidFields, Violation
from referrals_adapters.grpc.translate.requests import merchant_of
from referrals_domain.errors import PermissionDenied, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from google.protobuf.message import Message

    Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
    Handler: TypeAlias = Any  # the stubs know only handlers of the threaded server
    Next: TypeAlias = Callable[[grpc.HandlerCallDetails], Awaitable[Handler]]

OPEN_SERVICES: Final = ("/grpc.health.v1.Health/",)
"""What anybody may call, without token or merchant."""

_logger: Final = logging.getLogger(__name__)


class StatusInterceptor(grpc.aio.ServerInterceptor):
    """Answers what was raised with its status; what nobody foresaw is logged and kept back."""

    async def intercept_service(
        self, continuation: Next, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Return the call's handler, wrapped from reading the request to answering it."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler

        async def behave(raw: bytes, context: Context) -> Any:
            try:
                request = _parsed(handler.request_deserializer, raw)
                return await handler.unary_unary(request, context)
            except grpc.aio.AbortError:  # it is answered
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it is answered
                await _tell(error, handler_call_details.method, context)

        return grpc.unary_unary_rpc_method_handler(
            behave, response_serializer=handler.response_serializer
        )


@attrs.frozen
class MerchantInterceptor(grpc.aio.ServerInterceptor):
    """
    Lets a call pass only if it names a merchant whom its caller may act for.

    Whatever is not an open service needs a token and a merchant; a call whose request has no
    place for a merchant cannot pass, nor can a stream.

    Args:
        access: Tells who may act for whom.
    """

    access: MerchantAccess

    async def intercept_service(
        self, continuation: Next, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Return the call's handler behind the check."""
        handler = await continuation(handler_call_details)
        if handler is None or handler_call_details.method.startswith(OPEN_SERVICES):
            return handler
        if handler.unary_unary is None:
            return None

        async def behave(request: Message, context: Context) -> Any:
            await self._admit(request, context)
            return await handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(
            behave,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    async def _admit(self, request: Message, context: Context) -> None:
        authorization = _authorization(context)
        merchant_id = merchant_of(request)
        if merchant_id is None:
            raise PermissionDenied("the request names no merchant")
        await self.access.require(authorization, merchant_id)


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


def _parsed(parse: Callable[[bytes], Any] | None, raw: bytes) -> Any:
    try:
        return parse(raw) if parse else raw
    except DecodeError as error:
        raise InvalidFields([Violation("", "is not a request of this method")]) from error


async def _tell(error: Exception, method: str, context: Context) -> None:
    status = status_of(error)
    code = code_of(status)
    if code is grpc.StatusCode.INTERNAL:
        _logger.error("%s failed", method, exc_info=error)
    await context.abort(code, status.message, ((DETAILS, status.SerializeToString()),))
