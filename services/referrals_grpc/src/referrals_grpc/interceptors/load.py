"""How much is done at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import grpc.aio

from referrals_adapters.flow.batcher import Busy
from referrals_grpc.interceptors.calls import in_place_of, is_open

if TYPE_CHECKING:
    from referrals_grpc.interceptors.calls import Context, Handler, Next


@attrs.define
class LoadInterceptor(grpc.aio.ServerInterceptor):
    """
    Refuses calls at once while as many as may be are under way: nobody waits in a line that grows.

    Args:
        limit: How many calls may be under way. A thousand that each take 50 ms are 20,000 a
            second, more than a process can answer; so many are under way only if something
            behind us is slow, and then more would not help.
    """

    limit: int = 1_000
    _under_way: int = attrs.field(default=0, init=False)

    async def intercept_service(
        self, continuation: Next, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Return the call's handler, counted unless anybody may call it at any time."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None or is_open(handler_call_details):
            return handler

        async def behave(request: Any, context: Context) -> Any:
            if self._under_way >= self.limit:
                raise Busy("too many calls are under way")
            self._under_way += 1
            try:
                return await handler.unary_unary(request, context)
            finally:
                self._under_way -= 1

        return in_place_of(handler, behave)
