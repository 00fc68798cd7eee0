"""What may be chosen about a sandbox."""

from __future__ import annotations

from collections.abc import Mapping

import attrs


@attrs.frozen(kw_only=True)
class Wishes:
    """
    What may be chosen.

    Args:
        settings: As in the environment of a service: the servers that it names are used instead
            of the sandbox's own; see `servers.running`. `GATEWAY_CORS_ORIGINS` as of the gateway.
        grpc_port: Where the gRPC service is to listen; on a free port if None.
        webhook_port: Where the webhook service is to listen; on a free port if None.
        gateway_port: Where the gateway is to listen; on a free port if None.
        database_port: Where PostgreSQL is to listen; on a free port if None.
        redis_port: Where Valkey is to listen; on a free port if None.
        shopify_speed: How much faster hours pass for Shopify.
    """

    settings: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    grpc_port: int | None = None
    webhook_port: int | None = None
    gateway_port: int | None = None
    database_port: int | None = None
    redis_port: int | None = None
    shopify_speed: float = 1.0
