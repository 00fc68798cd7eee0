"""
E, the base of reads: `python -m referrals_sandbox.bench.echo HOST:PORT`.

A stock grpc.aio server that answers with what it was asked: what a read costs without us.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Any, Final

import grpc
import grpc.aio

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.servers.command import Command, LogLine
from referrals_sandbox.servers.listening import listening_on
from referrals_sandbox.servers.ports import LOOPBACK

if TYPE_CHECKING:
    from referrals_sandbox.servers.child import Child
    from referrals_sandbox.servers.supervisor import Supervisor

_OPTIONS: Final = (("grpc.so_reuseport", 0),)  # else a second server shares the port unnoticed


def start(supervisor: Supervisor) -> tuple[Child, str]:
    """
    Start it on a free port, and return it with its `host:port`.

    Raises:
        SandboxError: It does not come up.
    """

    def launch(port: int) -> Child:
        return supervisor.launch(
            Command(
                name="echo",
                argv=(sys.executable, "-P", "-m", __name__, f"{LOOPBACK}:{port}"),
                ready=LogLine(r"^listening on \S+$"),
            )
        )

    process, port = listening_on(None, launch)
    return process, f"{LOOPBACK}:{port}"


async def _serve(address: str) -> None:
    """Serve until SIGTERM."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    server = grpc.aio.server(options=_OPTIONS)
    server.add_generic_rpc_handlers((_handler(),))
    server.add_insecure_port(address)
    await server.start()
    print(f"listening on {address}", flush=True)
    await ended.wait()
    await server.stop(None)


def _handler() -> grpc.GenericRpcHandler:
    echo: grpc.RpcMethodHandler[Any, Any] = grpc.unary_unary_rpc_method_handler(
        _echo,
        request_deserializer=pb.GetReferralStatusRequest.FromString,
        response_serializer=lambda message: message.SerializeToString(),
    )
    return grpc.method_handlers_generic_handler("bench", {"Echo": echo})


async def _echo(request: pb.GetReferralStatusRequest, _: Any) -> pb.GetReferralStatusRequest:
    return request


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
