"""What interceptors know of calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import grpc.aio

Handler: TypeAlias = Any  # the stubs know only handlers of the threaded server

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
    Next: TypeAlias = Callable[[grpc.HandlerCallDetails], Awaitable[Handler]]
    Behaviour: TypeAlias = Callable[[Any, Context], Awaitable[Any]]

_OPEN_SERVICES: Final = ("/grpc.health.v1.Health/", "/grpc.reflection.v1alpha.ServerReflection/")


def is_open(details: grpc.HandlerCallDetails) -> bool:
    """Tell whether anybody may make this call at any time, without token or merchant."""
    return details.method.startswith(_OPEN_SERVICES)


def in_place_of(handler: Handler, behave: Behaviour) -> Handler:
    """Return the handler of a call that takes and answers one message, with other behaviour."""
    return grpc.unary_unary_rpc_method_handler(
        behave,
        request_deserializer=handler.request_deserializer,
        response_serializer=handler.response_serializer,
    )
