"""What callers are told of what went wrong."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import grpc.aio
from google.protobuf.message import DecodeError

from referrals_adapters.grpc.status import DETAILS, code_of, status_of
from referrals_adapters.grpc.translate.fields import InvalidFields, Violation

if TYPE_CHECKING:
    from collections.abc import Callable

    from referrals_grpc.interceptors.calls import Context, Handler, Next

LARGEST_REQUEST: Final = 16 * 1024
"""In bytes; the largest good one, a program, has 2,400. The server cuts off what is far larger."""

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


def _parsed(parse: Callable[[bytes], Any] | None, raw: bytes) -> Any:
    """
    Read a request.

    Raises:
        InvalidFields: It is too large, or none of this method.
    """
    if len(raw) > LARGEST_REQUEST:
        raise InvalidFields([Violation("", f"is more than {LARGEST_REQUEST} bytes")])
    try:
        return parse(raw) if parse else raw
    except DecodeError as error:
        raise InvalidFields([Violation("", "is not a request of this method")]) from error


async def _tell(error: Exception, method: str, context: Context) -> None:
    status = status_of(error)
    code = code_of(status)
    if code is grpc.StatusCode.INTERNAL:
        _logger.error("a call failed", exc_info=error, extra={"method": method})
    await context.abort(code, status.message, ((DETAILS, status.SerializeToString()),))
