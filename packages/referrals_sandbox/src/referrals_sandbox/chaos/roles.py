"""The roles of both services, each a process of its own, kept running whatever ends them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import attrs

from referrals_sandbox.composition.roles import in_role
from referrals_sandbox.servers.child import Child

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from referrals_sandbox.composition.sandbox import Sandbox
    from referrals_sandbox.servers.command import Command

_LOOKED: Final = 0.1  # seconds between two looks
PLANTED_IN: Final = {
    "answers-first": "http",
    "tells-redis-once": "worker",
    "gives-up-sends": "relay",
    "merges-unlocked": "worker",
    "never-looks-back": "reconcile",
}
"""The role that each fault of `planted` is in."""

ROLES: Final = ("http", "worker", "worker-2", "relay", "relay-2", "reconcile")


@attrs.define(kw_only=True)
class Roles:
    """
    The processes by their names; `grpc` is the gRPC service.

    Args:
        processes: What runs.
    """

    processes: Mapping[str, Child]
    _left_alone: set[Child] = attrs.field(factory=set, init=False)

    def of(self, role: str) -> Sequence[Child]:
        """Return all processes of a role."""
        return [one for name, one in self.processes.items() if name.partition("-")[0] == role]

    @asynccontextmanager
    async def left_alone(self, process: Child) -> AsyncIterator[None]:
        """Do not start a process again within the block, whatever ends it."""
        self._left_alone.add(process)
        try:
            yield
        finally:
            self._left_alone.discard(process)

    async def keep(self) -> None:
        """Start again whatever has ended, until cancelled."""
        while True:
            for process in self.processes.values():
                if process not in self._left_alone and process.exit_code is not None:
                    process.launch()
            await asyncio.sleep(_LOOKED)


async def split(
    sandbox: Sandbox, servers: Mapping[str, str], *, planted: str | None = None
) -> Roles:
    """
    Replace the two services of a sandbox by a process for each role.

    Args:
        sandbox: The sandbox.
        servers: Settings that replace those by which the services find their servers.
        planted: The fault that is planted in its role, if one is; see `planted`.

    Raises:
        SandboxError: One does not come up.
    """
    webhook, grpc = sandbox.webhook_service.process, sandbox.grpc_service.process
    await asyncio.gather(asyncio.to_thread(webhook.stop), asyncio.to_thread(grpc.stop))
    commands = {
        "grpc": attrs.evolve(grpc.command, environment={**grpc.command.environment, **servers}),
        **{name: _role(webhook.command, name, servers, planted) for name in ROLES},
    }
    supervisor = sandbox.servers.supervisor
    started = await asyncio.gather(
        *(asyncio.to_thread(supervisor.start, command) for command in commands.values())
    )
    return Roles(processes=dict(zip(commands, started, strict=True)))


def _role(webhook: Command, name: str, servers: Mapping[str, str], planted: str | None) -> Command:
    role = name.partition("-")[0]
    argv: tuple[str, ...] = ()
    if planted and PLANTED_IN[planted] == role:
        argv = (sys.executable, "-P", "-m", "referrals_sandbox.chaos.planted", planted)
    return in_role(webhook, role, name=name, argv=argv, settings=servers)
