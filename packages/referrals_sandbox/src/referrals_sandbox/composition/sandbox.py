"""A running sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_sandbox.composition.description import Description
from referrals_sandbox.composition.services import Service
from referrals_sandbox.neighbours.processes import Neighbours
from referrals_sandbox.servers.envoy import Gateway
from referrals_sandbox.servers.running import Servers

if TYPE_CHECKING:
    from referrals_sandbox.servers.child import Child


@attrs.frozen(kw_only=True, eq=False)
class Sandbox(Description):
    """
    A running sandbox as its owner sees it.

    Args:
        servers: PostgreSQL, Valkey, the broker, and the supervisor.
        neighbours: Auth, Core, Points, RFM Analytics, AdminCore and Shopify.
        grpc_service: The gRPC service.
        webhook_service: The webhook service with all its roles.
        gateway_server: Envoy before both.
    """

    servers: Servers
    neighbours: Neighbours
    grpc_service: Service
    webhook_service: Service
    gateway_server: Gateway

    def children(self) -> tuple[Child, ...]:
        """Return every process that runs until the end."""
        own = (self.servers.database, self.servers.redis, self.servers.kafka)
        services = (self.grpc_service, self.webhook_service, self.gateway_server)
        return tuple(
            owner.process for owner in (*own, *self.neighbours, *services) if owner.process
        )
