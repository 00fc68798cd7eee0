"""What the bench measures: a sandbox whose services run role by role."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import attrs

from referrals_sandbox.composition.roles import in_role
from referrals_sandbox.composition.sandbox import Sandbox
from referrals_sandbox.servers.child import Child
from referrals_sandbox.servers.listening import listening_on
from referrals_sandbox.servers.ports import LOOPBACK

if TYPE_CHECKING:
    from referrals_sandbox.servers.command import Command
    from referrals_sandbox.servers.supervisor import Supervisor


@attrs.frozen(kw_only=True)
class Stage:
    """
    A sandbox without its webhook service, whose roles are started as they are needed.

    Args:
        sandbox: The sandbox.
        named: What tells its processes from those of another stage.
        settings: Settings that differ from the sandbox's.
        roles: Those that run, by their names: `worker`, `http`, `http-2`...
        webhook_addresses: Where webhooks may be posted, each `host:port`.
    """

    sandbox: Sandbox
    named: str = ""
    settings: Mapping[str, str] = attrs.field(factory=dict)
    roles: dict[str, Child] = attrs.field(factory=dict)
    webhook_addresses: list[str] = attrs.field(factory=list)

    async def start(self, *roles: str, **settings: str) -> None:
        """
        Start roles, each as a process of its own; `http` as one for each CPU.

        A process of it runs on one CPU at a time; production has several behind the gateway, too.

        Args:
            roles: Which.
            settings: More that differ, for all but `http`.

        Raises:
            SandboxError: One does not come up.
        """
        for role in roles:
            if role == "http":
                await self._start_http()
            else:
                command = self._in_role(role, role, settings)
                self.roles[role] = await asyncio.to_thread(self._supervisor.start, command)

    async def stop(self) -> None:
        """
        Stop all roles that run.

        Raises:
            SandboxError: Nothing can be started or stopped any more.
        """
        stopping = [asyncio.to_thread(process.stop) for process in self.roles.values()]
        await asyncio.gather(*stopping)
        self.roles.clear()
        self.webhook_addresses.clear()

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
        return self._supervisor.launch(self._in_role("http", name, listen))

    def _in_role(self, role: str, name: str, settings: Mapping[str, str]) -> Command:
        webhook = self.sandbox.webhook_service.process.command
        return in_role(
            webhook, role, name=name + self.named, settings={**self.settings, **settings}
        )

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
