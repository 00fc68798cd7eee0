"""Auth and Core on real sockets, which misbehave as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import grpc
import grpc.aio
from google.protobuf.message import Message

from referrals_adapters.grpc.pb.auth.v1.auth_pb2 import (
    ValidateMerchantRequest,
    ValidateMerchantResponse,
)
from referrals_adapters.grpc.pb.core.v1.core_pb2 import (
    GetCustomerRFMRequest,
    GetCustomerRFMResponse,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Reply: TypeAlias = Message | bytes | grpc.StatusCode


@attrs.frozen
class Call:
    """A call as the neighbour saw it."""

    path: str
    request: Any
    authorization: str | None
    seconds_left: float


@attrs.define
class Neighbour(grpc.GenericRpcHandler):
    """
    One method of a neighbour, under whatever service name it is called.

    Args:
        method: The method's name.
        question: The type of its requests.
        reply: What a request gets: a message, bytes that are none, or a status.
        delay: How long every reply takes, in seconds.
    """

    method: str
    question: type[Message]
    reply: Callable[[Any], Reply]
    delay: float = 0.0
    calls: list[Call] = attrs.field(factory=list)
    arrivals: asyncio.Queue[Call] = attrs.field(factory=asyncio.Queue)
    under_way: int = 0
    most_under_way: int = 0
    port: int = 0
    server: grpc.aio.Server | None = None

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    def service(self, handler_call_details: Any) -> Any:
        path = handler_call_details.method
        if path.rpartition("/")[2] != self.method:
            return None

        async def behave(raw: bytes, context: Any) -> bytes:
            return await self._answer(path, raw, context)

        return grpc.unary_unary_rpc_method_handler(behave)

    async def _answer(self, path: str, raw: bytes, context: Any) -> bytes:
        request = self.question.FromString(raw)
        metadata = dict(context.invocation_metadata())
        left = context.time_remaining()
        call = Call(path, request, metadata.get("authorization"), left)
        self.calls.append(call)
        self.arrivals.put_nowait(call)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(self.delay)
        finally:
            self.under_way -= 1
        reply = self.reply(request)
        if not isinstance(reply, grpc.StatusCode):
            return reply if isinstance(reply, bytes) else reply.SerializeToString()
        await context.abort(reply, "as it was told")
        raise AssertionError("abort raises")

    async def start(self) -> None:
        self.server = grpc.aio.server(handlers=[self], options=[("grpc.so_reuseport", 0)])
        self.port = self.server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self.server.start()

    async def stop(self) -> None:
        if self.server:
            await self.server.stop(None)


@asynccontextmanager
async def answering(neighbour: Neighbour) -> AsyncIterator[Neighbour]:
    """Run a neighbour within the block."""
    await neighbour.start()
    try:
        yield neighbour
    finally:
        await neighbour.stop()


def auth() -> Neighbour:
    """Return an Auth to whom every merchant is valid."""
    return Neighbour(
        "ValidateMerchant",
        ValidateMerchantRequest,
        lambda _: ValidateMerchantResponse(valid=True),
    )


def core() -> Neighbour:
    """Return a Core to whom every customer has ordered once."""
    return Neighbour(
        "GetCustomerRFM",
        GetCustomerRFMRequest,
        lambda _: GetCustomerRFMResponse(frequency=1),
    )
