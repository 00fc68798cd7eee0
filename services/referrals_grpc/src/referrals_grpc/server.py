"""The gRPC server."""

from __future__ import annotations

from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs
import grpc.aio
from grpc_health.v1 import health
from grpc_health.v1.health_pb2 import HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server
from grpc_reflection.v1alpha import reflection as reflecting
from grpc_reflection.v1alpha.reflection_pb2_grpc import add_ServerReflectionServicer_to_server

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.pb.referrals.v1.referrals_pb2_grpc import (
    add_ReferralsServiceServicer_to_server,
)
from referrals_adapters.grpc.server_credentials import server_credentials
from referrals_adapters.system.address import Address, CannotListen
from referrals_grpc.ending import GRACE
from referrals_grpc.methods import Methods
from referrals_grpc.polled_server import PolledServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from referrals_adapters.grpc.pb.referrals.v1.referrals_pb2_grpc import (
        ReferralsServiceServicer,
    )
    from referrals_adapters.wire.tls import ServerTls

SERVICE: Final = pb.DESCRIPTOR.services_by_name["ReferralsService"].full_name
PACKAGE: Final = pb.DESCRIPTOR.package
_OPTIONS: Final = (
    ("grpc.so_reuseport", 1),
    # Far above what the interceptors let pass, whose refusals have details: gRPC's have none.
    ("grpc.max_receive_message_length", 64 * 1024),
    # By default gRPC refuses by chance what lies between a soft limit and a hard one.
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.absolute_max_metadata_size", 16 * 1024),
)


@asynccontextmanager
async def serving(  # noqa: PLR0913 - each is named, and has a default
    servicer: ReferralsServiceServicer,
    interceptors: Sequence[grpc.aio.ServerInterceptor],
    at: Address,
    *,
    reflection: bool = False,
    shared: bool = False,
    tls: ServerTls | None = None,
    aio: bool = False,
) -> AsyncIterator[Address]:
    """
    Serve within the block, and yield the address with its port, should the machine have chosen it.

    At the end of the block health says NOT_SERVING, new calls are refused, and calls that are
    under way finish.

    Args:
        servicer: The calls.
        interceptors: What every call passes through.
        at: Where to listen.
        reflection: Whether anybody may ask which services there are, and for their schemas.
        shared: Whether other processes may listen on the same port, and take their part of the
            connections.
        tls: How connections are encrypted, if they are to be.
        aio: Whether to serve by `grpc.aio`, and so for twice the CPU.

    Raises:
        CannotListen: The address is taken, or is none of this machine.
    """
    checks = health.aio.HealthServicer()
    services = [
        partial(add_ReferralsServiceServicer_to_server, servicer),
        partial(_add_short_paths, servicer),
        partial(add_HealthServicer_to_server, checks),
    ]
    if reflection:
        names = (SERVICE, health.SERVICE_NAME, reflecting.SERVICE_NAME)
        reflector = reflecting.aio.ReflectionServicer(names)
        services.append(partial(add_ServerReflectionServicer_to_server, reflector))
    methods = await Methods.behind(interceptors, *services)
    server = (
        grpc.aio.server(handlers=(methods,), options=_OPTIONS)
        if aio
        else PolledServer(methods, _OPTIONS)
    )
    address = _listen(server, at, shared=shared, tls=tls)
    await server.start()
    await checks.set(SERVICE, HealthCheckResponse.SERVING)
    try:
        yield address
    finally:
        await checks.enter_graceful_shutdown()
        await server.stop(GRACE)


def _add_short_paths(servicer: ReferralsServiceServicer, server: grpc.aio.Server) -> None:
    """Add the second paths, which the plan names."""
    handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
        "GetReferralStatus": grpc.unary_unary_rpc_method_handler(
            servicer.GetReferralStatus,
            request_deserializer=pb.GetReferralStatusRequest.FromString,
            response_serializer=pb.GetReferralStatusResponse.SerializeToString,
        ),
        "GetFunnel": grpc.unary_unary_rpc_method_handler(
            servicer.GetFunnel,
            request_deserializer=pb.GetFunnelRequest.FromString,
            response_serializer=pb.GetFunnelResponse.SerializeToString,
        ),
    }
    server.add_registered_method_handlers(PACKAGE, handlers)


def _listen(
    server: grpc.aio.Server | PolledServer, at: Address, *, shared: bool, tls: ServerTls | None
) -> Address:
    """Listen on a port that is not yet shared, unless it is said so."""
    with nullcontext() if shared else at.claim() as claim:
        address = attrs.evolve(at, port=Address.of(claim).port) if claim else at
        try:
            if tls:
                server.add_secure_port(str(address), server_credentials(tls))
            else:
                server.add_insecure_port(str(address))
        except RuntimeError as error:  # somebody was quicker
            raise CannotListen(f"cannot listen on {address}") from error
    return address
