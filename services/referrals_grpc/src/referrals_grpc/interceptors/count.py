"""What is counted of calls."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import attrs
import grpc
import grpc.aio

from referrals_adapters.telemetry.metrics import Metrics
from referrals_grpc.interceptors.calls import in_place_of

if TYPE_CHECKING:
    from referrals_grpc.interceptors.calls import Context, Handler, Next


@attrs.define
class CountInterceptor(grpc.aio.ServerInterceptor):
    """
    Counts every call by its method and its end, and how many are under way.

    It stands before the one that answers errors, so that it sees what the caller does.

    Args:
        metrics: Where it is counted.
    """

    metrics: Metrics
    _under_way: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        """Tell how many calls are under way whenever somebody asks."""
        self.metrics.calls_in_flight.set_function(lambda: self._under_way)

    async def intercept_service(
        self, continuation: Next, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Return the call's handler, counted; methods that nobody has are not."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        method = handler_call_details.method

        ended = cache(partial(self.metrics.calls.labels, method))

        async def behave(request: Any, context: Context) -> Any:
            self._under_way += 1
            code = grpc.StatusCode.CANCELLED  # unless it comes to an end
            try:
                answer = await handler.unary_unary(request, context)
                code = grpc.StatusCode.OK
            except grpc.aio.AbortError:
                code = context.code()
                raise
            finally:
                self._under_way -= 1
                ended(code.name).inc()
            return answer

        return in_place_of(handler, behave)
