"""
E, the base of reads: `python -m referrals_sandbox.bench.echo HOST:PORT`.

A stock grpc.aio server that answers with what it was asked: what a read costs without us.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.neighbours.grpc_server import Method, serve
from referrals_sandbox.servers.command import Command, LogLine
from referrals_sandbox.servers.listening import listening_on
from referrals_sandbox.servers.ports import LOOPBACK

if TYPE_CHECKING:
    from referrals_sandbox.neighbours.grpc_server import Context
    from referrals_sandbox.servers.child import Child
    from referrals_sandbox.servers.supervisor import Supervisor


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


async def _echo(request: pb.GetReferralStatusRequest, _: Context) -> pb.GetReferralStatusRequest:
    return request


if __name__ == "__main__":
    method = Method(
        name="Echo", services=("bench",), question=pb.GetReferralStatusRequest, answer=_echo
    )
    asyncio.run(serve(sys.argv[1], method))
