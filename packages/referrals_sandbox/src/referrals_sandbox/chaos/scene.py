"""Where faults strike, and how they tell that something is under way there."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, TypeAlias

import attrs

from referrals_sandbox.chaos.collecting import came
from referrals_sandbox.chaos.lossy_shop import LossyShop
from referrals_sandbox.chaos.roles import Roles
from referrals_sandbox.chaos.traffic import Traffic
from referrals_sandbox.composition.backlog import backlog
from referrals_sandbox.composition.sandbox import Sandbox
from referrals_sandbox.servers import linux
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.proxy import Address, KafkaAddress, leading_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_sandbox.servers.child import Child

InFlight: TypeAlias = Callable[[], Awaitable[bool]]
"""Tells whether work is under way."""


@attrs.frozen(kw_only=True)
class Scene:
    """
    Everything that a fault may touch.

    Args:
        sandbox: The sandbox.
        roles: The processes of the services.
        addresses: By which the services reach PostgreSQL, Redis, Kafka, Auth, Core and Shopify.
        traffic: What friends and Shopify are doing.
        shop: The shop of which Shopify does not tell all.
    """

    sandbox: Sandbox
    roles: Roles
    addresses: Mapping[str, Address]
    traffic: Traffic
    shop: LossyShop

    async def is_posted(self) -> bool:
        """Tell whether a webhook call waits for its answer."""
        return self.traffic.posts > 0

    async def is_read(self) -> bool:
        """Tell whether a call of the gRPC service waits for its answer."""
        return self.traffic.reads > 0

    async def has_deliveries(self) -> bool:
        """Tell whether deliveries wait for their outcome."""
        with suppress(SandboxError):
            return (await backlog(self.sandbox)).deliveries > 0
        return False

    async def has_events(self) -> bool:
        """Tell whether events wait to be published."""
        with suppress(SandboxError):
            return (await backlog(self.sandbox)).events > 0
        return False

    async def is_missing(self) -> bool:
        """Tell whether Shopify has an order of which nothing came."""
        with suppress(SandboxError):
            placed = (await self.shop.report()).orders
            return placed > await came(self.sandbox, self.shop.merchant_id)
        return False


@asynccontextmanager
async def proxied(sandbox: Sandbox) -> AsyncIterator[Mapping[str, Address]]:
    """Open an address before each server that the services reach by one of their settings."""
    servers = sandbox.servers
    reached = {
        "postgres": f"{servers.database.host}:{servers.database.port}",
        "redis": f"{servers.redis.host}:{servers.redis.port}",
        "kafka": servers.kafka.address,
        "auth": sandbox.auth,
        "core": sandbox.core,
        "shopify": sandbox.neighbours.shopify.address,
    }
    async with AsyncExitStack() as stack:
        addresses = {}
        for name, at in reached.items():
            host, _, port = at.rpartition(":")
            kind = KafkaAddress if name == "kafka" else Address
            addresses[name] = await stack.enter_async_context(leading_to(int(port), host, kind))
        yield addresses


def settings(addresses: Mapping[str, Address]) -> dict[str, str]:
    """Return the settings by which a service uses these addresses."""
    postgres, redis, kafka, auth, core, shopify = (
        addresses[name] for name in ("postgres", "redis", "kafka", "auth", "core", "shopify")
    )
    return {
        "REFERRALS_DB_HOST": "127.0.0.1",
        "REFERRALS_DB_PORT": str(postgres.port),
        "REFERRALS_REDIS_HOST": "127.0.0.1",
        "REFERRALS_REDIS_PORT": str(redis.port),
        "KAFKA_BROKER": f"127.0.0.1:{kafka.port}",
        "AUTH_GRPC_TARGET": f"127.0.0.1:{auth.port}",
        "CORE_GRPC_TARGET": f"127.0.0.1:{core.port}",
        "SHOPIFY_ADMIN_URL": f"http://127.0.0.1:{shopify.port}/shops/{{shop}}",
        "REFERRALS_RECONCILE_SECONDS": "2",
    }


def freeze(processes: Sequence[Child]) -> list[int]:
    """Stop processes and those that serve their connections; return who is to go on later."""
    serving: list[int] = []
    for process in processes:
        process.signal(signal.SIGSTOP)  # first, so that it makes no more of them
        serving += linux.children_of(process.pid)
    for pid in serving:
        _send(pid, signal.SIGSTOP)
    return serving


def thaw(processes: Sequence[Child], serving: Sequence[int]) -> None:
    """Let them go on."""
    for pid in serving:
        _send(pid, signal.SIGCONT)
    for process in processes:
        process.signal(signal.SIGCONT)


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it has ended meanwhile
        os.kill(pid, number)
