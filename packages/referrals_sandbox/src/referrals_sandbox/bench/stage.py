"""What the bench measures: a sandbox whose services run role by role."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import TYPE_CHECKING

import attrs

from referrals_sandbox.composition.roles import in_role
from referrals_sandbox.composition.sandbox import Sandbox
from referrals_sandbox.servers.child import Child
from referrals_sandbox.servers.listening import listening_on
from referrals_sandbox.servers.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_sandbox.servers.command import Command
    from referrals_sandbox.servers.supervisor import Supervisor


@attrs.frozen(kw_only=True)
class Stage:
    """
    A sandbox without its webhook service, whose roles are started as they are needed.

    Args:
        sandbox: The sandbox.
        roles: Those that run, by their names: `worker`, `http`, `http-2`...
        webhook_addresses: Where webhooks may be posted, each `host:port`.
    """

    sandbox: Sandbox
    roles: dict[str, Child] = attrs.field(factory=dict)
    webhook_addresses: list[str] = attrs.field(factory=list)

    async def start(self, *roles: str) -> None:
        """
        Start roles, each as a process of its own; `http` as one for each CPU.

        A process of it runs on one CPU at a time; production has several behind the gateway, too.

        Raises:
            SandboxError: One does not come up.
        """
        for role in roles:
            if role == "http":
                await self._start_http()
            else:
                command = in_role(self._webhook, role, name=role, settings={})
                self.roles[role] = await asyncio.to_thread(self._supervisor.start, command)

    async def _start_http(self) -> None:
        more = range(2, len(os.sched_getaffinity(0)) + 1)
        names = ["http", *(f"http-{number}" for number in more)]
        launches = [partial(self._launch_http, name) for name in names]
        started = await asyncio.gather(
            *(asyncio.to_thread(listening_on, None, launch) for launch in launches)
        )
        self.roles.update(zip(names, (process for process, _ in started), strict=True))
        self.webhook_addresses[:] = [f"{LOOPBACK}:{port}" for _, port in started]

    def _launch_http(self, name: str, port: int) -> Child:
        listen = {"REFERRALS_WEBHOOK_LISTEN": f"{LOOPBACK}:{port}"}
        return self._supervisor.launch(in_role(self._webhook, "http", name=name, settings=listen))

    @property
    def _webhook(self) -> Command:
        return self.sandbox.webhook_service.process.command

    @property
    def _supervisor(self) -> Supervisor:
        return self.sandbox.servers.supervisor

    def processes(self) -> Mapping[str, int]:
        """Return the process id of everything that runs."""
        sandbox, servers = self.sandbox, self.sandbox.servers
        everything = {
            "grpc": sandbox.grpc_service.process,
            **self.roles,
            "postgres": servers.database.process,
            "redis": servers.redis.process,
            "kafka": servers.kafka.process,
            "auth": sandbox.neighbours.auth.process,
            "core": sandbox.neighbours.core.process,
            "points": sandbox.neighbours.points.process,
            "rfm-analytics": sandbox.neighbours.rfm_analytics.process,
            "admincore": sandbox.neighbours.admincore.process,
        }
        return {name: child.pid for name, child in everything.items() if child is not None}
