"""Each method has one handler, which interceptors made before the first call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import grpc
import grpc.aio

from referrals_grpc.methods import Methods

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@attrs.frozen
class Signing(grpc.aio.ServerInterceptor):
    """An interceptor whose handlers say who made them, and which was asked about what."""

    name: str
    asked: list[str]

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Sign what lies within."""
        self.asked.append(handler_call_details.method)
        return f"{self.name}({await continuation(handler_call_details)})"


@attrs.define
class Called:
    """A call, as far as its handler depends on it."""

    method: str
    invocation_metadata: Any = ()


def add(server: grpc.aio.Server) -> None:
    handlers: Any = {"Get": "get", "Put": "put"}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("any.v1", {}),))
    server.add_registered_method_handlers("any.v1", handlers)


async def test_interceptors_are_asked_once_for_each_method_from_the_outside_in() -> None:
    asked: list[str] = []
    methods = await Methods.behind([Signing("outer", asked), Signing("inner", asked)], add)

    found = [methods.service(Called("/any.v1/Get")) for _ in range(3)]

    assert found == ["outer(inner(get))"] * 3
    assert methods.service(Called("/any.v1/Put")) == "outer(inner(put))"
    assert asked == ["/any.v1/Get", "/any.v1/Get", "/any.v1/Put", "/any.v1/Put"]


async def test_nobody_has_a_method_that_no_service_added() -> None:
    assert (await Methods.behind([], add)).service(Called("/any.v1/Delete")) is None
