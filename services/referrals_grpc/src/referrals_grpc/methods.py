"""The methods of the server, each behind its interceptors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

import attrs
import grpc
import grpc.aio

from referrals_grpc.interceptors.calls import Handler

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Add = Callable[[grpc.aio.Server], None]


@attrs.frozen
class Methods(grpc.GenericRpcHandler):
    """
    All methods by their paths, each with the one handler that every call of it has.

    A server of gRPC would send every call through all interceptors for a handler of its own, and
    would wait for the next call of each method that is registered with it: both cost more than
    reading a status does.

    Args:
        handlers: By path, as in `/referrals.v1.ReferralsService/GetProgram`.
    """

    handlers: Mapping[str, Handler]

    @classmethod
    async def behind(
        cls, interceptors: Sequence[grpc.aio.ServerInterceptor], *services: Add
    ) -> Self:
        """
        Return the methods of services behind interceptors, which are asked once for each method.

        Args:
            interceptors: From the outside in. What they return depends on the method alone.
            services: Each adds its methods to a server, as generated code does.
        """
        added = _Added()
        for add in services:
            add(cast("grpc.aio.Server", added))
        paths = added.handlers.items()
        return cls({path: await _behind(interceptors, path, handler) for path, handler in paths})

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler:
        """Return the handler of a call; None: nobody has such a method."""
        return self.handlers.get(handler_call_details.method)


@attrs.frozen
class _Added:
    """What generated code knows of a server, which it tells its methods in two ways."""

    handlers: dict[str, Handler] = attrs.field(factory=dict)

    def add_generic_rpc_handlers(self, _: object) -> None:
        """Do nothing: they are registered, too."""

    def add_registered_method_handlers(
        self, service: str, handlers: Mapping[str, Handler]
    ) -> None:
        """Note the methods of a service."""
        self.handlers.update({f"/{service}/{name}": one for name, one in handlers.items()})


@attrs.frozen
class _Call:
    """A call of which nothing but its method is known."""

    method: str
    invocation_metadata: tuple[()] = ()


async def _behind(
    interceptors: Sequence[grpc.aio.ServerInterceptor], path: str, handler: Handler
) -> Handler:
    """Return the handler that the outermost interceptor returns."""
    if not interceptors:
        return handler

    async def inside(_: grpc.HandlerCallDetails) -> Any:
        return await _behind(interceptors[1:], path, handler)

    return await interceptors[0].intercept_service(inside, cast("Any", _Call(path)))
