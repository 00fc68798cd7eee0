"""Our two services as children of the supervisor: the real processes, as in production."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import attrs

from referrals_sandbox.servers.child import Child
from referrals_sandbox.servers.command import Command, LogLine
from referrals_sandbox.servers.listening import listening_on
from referrals_sandbox.servers.ports import LOOPBACK, require_free

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_sandbox.servers.supervisor import Supervisor

_WITHIN = 40.0  # seconds: the first start ever compiles every module
_GRACE = 10.0  # seconds: both let what is under way finish


@attrs.frozen(kw_only=True)
class Service:
    """
    One service; stopped and started again it comes back on the same address.

    Args:
        address: `host:port`.
        process: The service.
    """

    address: str
    process: Child = attrs.field(repr=False)


def require_free_ports(*, grpc: int | None, webhook: int | None) -> None:
    """
    Pass if both services can listen where they are wished to.

    Raises:
        SandboxError: A port is taken.
    """
    for port, name in ((grpc, "referrals-grpc"), (webhook, "referrals-webhook")):
        if port is not None:
            require_free(port, what=name)


def migrate(supervisor: Supervisor, environment: Mapping[str, str]) -> None:
    """
    Bring the schema up.

    Raises:
        SandboxError: It failed.
    """
    supervisor.run(
        Command(
            name="migrate",
            argv=_program("referrals_webhook", "migrate"),
            environment=environment,
            within=60,
        )
    )


def start_grpc(
    supervisor: Supervisor, environment: Mapping[str, str], *, port: int | None
) -> Service:
    """
    Start the gRPC service.

    Args:
        supervisor: Who runs it.
        environment: Its settings, but for where it listens.
        port: The port to listen on; a free one if None.

    Raises:
        SandboxError: The port is taken, or it does not come up.
    """
    command = Command(
        name="referrals-grpc",
        argv=_program("referrals_grpc", "run"),
        environment=environment,
        ready=LogLine(r"^referrals-grpc listening on \S+$"),
        within=_WITHIN,
        grace=_GRACE,
    )
    return _start(supervisor, command, "REFERRALS_GRPC_LISTEN", port)


def start_webhook(
    supervisor: Supervisor, environment: Mapping[str, str], *, port: int | None
) -> Service:
    """
    Start the webhook service with all its roles.

    Args:
        supervisor: Who runs it.
        environment: Its settings, but for where it listens.
        port: The port to listen on; a free one if None.

    Raises:
        SandboxError: The port is taken, or it does not come up.
    """
    command = Command(
        name="referrals-webhook",
        argv=_program("referrals_webhook", "run"),
        environment=environment,
        ready=LogLine(r"^referrals-webhook http listening on \S+$"),
        within=_WITHIN,
        grace=_GRACE,
    )
    return _start(supervisor, command, "REFERRALS_WEBHOOK_LISTEN", port)


def _program(module: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", module, *words)


def _start(supervisor: Supervisor, command: Command, listen: str, port: int | None) -> Service:
    def launch(chosen: int) -> Child:
        environment = {**command.environment, listen: f"{LOOPBACK}:{chosen}"}
        return supervisor.launch(attrs.evolve(command, environment=environment))

    process, chosen = listening_on(port, launch)
    return Service(address=f"{LOOPBACK}:{chosen}", process=process)
