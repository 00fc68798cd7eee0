"""A gRPC server with one method, in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import grpc
import grpc.aio
from google.protobuf.message import Message

from referrals_sandbox.neighbours.world import WorldFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from referrals_sandbox.neighbours.world import World

    Context = grpc.aio.ServicerContext[Any, Any]

_GRACE = 0.5  # seconds that calls under way may still take
_OPTIONS = (("grpc.so_reuseport", 0),)  # else a second server shares the port without a word


@attrs.frozen(kw_only=True)
class Method:
    """
    One method, which answers under several names of its service.

    Args:
        name: Its name, as in `ValidateMerchant`.
        services: The names of its service; the first is that of the `.proto` file.
        question: The type of its requests.
        answer: Answers one request.
    """

    name: str
    services: tuple[str, ...]
    question: type[Message]
    answer: Callable[[Any, Context], Awaitable[Message]]

    def handlers(self) -> Iterator[grpc.GenericRpcHandler]:
        """Yield a handler for each name of the service."""
        handler: grpc.RpcMethodHandler[Any, Any] = grpc.unary_unary_rpc_method_handler(
            self.answer,
            request_deserializer=self.question.FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )
        for service in self.services:
            yield grpc.method_handlers_generic_handler(service, {self.name: handler})


def run(description: str | None, method: Callable[[WorldFile], Method]) -> None:
    """Read the command line, and serve a method that knows the world until told to end."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--listen", required=True, metavar="HOST:PORT")
    parser.add_argument("--world", required=True, type=Path, metavar="FILE")
    options = parser.parse_args()
    asyncio.run(serve(options.listen, method(WorldFile(options.world))))


async def require_permission(context: Context, world: World, merchant_id: str) -> None:
    """Abort the call unless its token may act for the merchant."""
    if not merchant_id:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "merchant_id is required")
    token = _token(context)
    if token not in world.tokens:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, "the token is not accepted")
    if not world.may_act(token, merchant_id):
        await context.abort(grpc.StatusCode.PERMISSION_DENIED, "not a merchant of this token")


async def serve(address: str, method: Method) -> None:
    """Serve until SIGTERM; a line `listening on HOST:PORT` tells that calls are answered."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    server = grpc.aio.server(options=_OPTIONS)
    server.add_generic_rpc_handlers(tuple(method.handlers()))
    server.add_insecure_port(address)
    await server.start()
    print(f"listening on {address}", flush=True)
    await ended.wait()
    await server.stop(_GRACE)


def _token(context: Context) -> str:
    """Return the token, with or without `Bearer` before it; nothing unless there is just one."""
    values = [
        value for key, value in context.invocation_metadata() or () if key == "authorization"
    ]
    match str(values[0]).split() if len(values) == 1 else []:
        case [scheme, token] if scheme.lower() == "bearer":
            return token
        case [token]:
            return token
        case _:
            return ""
