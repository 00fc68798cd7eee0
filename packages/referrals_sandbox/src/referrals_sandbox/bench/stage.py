"""What the bench measures: a sandbox whose services run role by role."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import attrs

from referrals_sandbox.composition.roles import in_role
from referrals_sandbox.composition.sandbox import Sandbox
from referrals_sandbox.servers.child import Child

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES: Final = ("http", "worker", "relay")


@attrs.frozen(kw_only=True)
class Stage:
    """
    A sandbox without its webhook service, whose roles are started as they are needed.

    Args:
        sandbox: The sandbox.
        roles: Those that run.
    """

    sandbox: Sandbox
    roles: dict[str, Child] = attrs.field(factory=dict)

    async def start(self, *roles: str) -> None:
        """
        Start roles, each as a process of its own.

        Raises:
            SandboxError: One does not come up.
        """
        webhook, supervisor = self.sandbox.webhook_service.process, self.sandbox.servers.supervisor
        for role in roles:
            command = in_role(webhook.command, role, name=role, settings={})
            self.roles[role] = await asyncio.to_thread(supervisor.start, command)

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
