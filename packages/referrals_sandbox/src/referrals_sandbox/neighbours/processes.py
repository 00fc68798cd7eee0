"""The neighbours as children of the supervisor."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import attrs

from referrals_sandbox.servers.child import Child
from referrals_sandbox.servers.command import Command, LogLine
from referrals_sandbox.servers.listening import listening_on
from referrals_sandbox.servers.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor
    from pathlib import Path

    from referrals_sandbox.servers.supervisor import Supervisor

_WITHIN = 40.0  # seconds: the first start ever compiles every module
_ON_GRPC = ("auth", "core")
_ON_KAFKA = ("points", "rfm-analytics", "admincore")
_SHOPIFY = "shopify-platform"


@attrs.frozen(kw_only=True)
class Neighbour:
    """
    One neighbour; stopped and started again it comes back on the same address.

    Args:
        address: `host:port`, of gRPC for Auth and Core, of HTTP for the others.
        process: The neighbour.
    """

    address: str
    process: Child = attrs.field(repr=False)

    @property
    def url(self) -> str:
        """Where it speaks HTTP, if it is one of those that do."""
        return f"http://{self.address}"


@attrs.frozen(kw_only=True)
class Neighbours:
    """The neighbours, running."""

    auth: Neighbour
    core: Neighbour
    points: Neighbour
    rfm_analytics: Neighbour
    admincore: Neighbour
    shopify: Neighbour

    def __iter__(self) -> Iterator[Neighbour]:
        return iter(attrs.astuple(self, recurse=False))


def start(
    supervisor: Supervisor,
    *,
    world: Path,
    kafka: str,
    shopify_speed: float = 1.0,
    threads: Executor,
) -> Neighbours:
    """
    Start all neighbours at once; those on Kafka may still be joining their groups.

    Args:
        supervisor: Who runs them.
        world: The file that Auth and Core follow.
        kafka: The broker.
        shopify_speed: How much faster hours pass for Shopify, which has no shops yet.
        threads: Wait for the neighbours.

    Raises:
        SandboxError: One does not come up.
    """
    options = {
        _SHOPIFY: ("--speed", str(shopify_speed)),  # first: it takes longest
        **dict.fromkeys(_ON_GRPC, ("--world", str(world))),
        **dict.fromkeys(_ON_KAFKA, ("--kafka", kafka)),
    }
    begun = {
        name: threads.submit(_start, supervisor, name, *words) for name, words in options.items()
    }
    shopify = begun.pop(_SHOPIFY)
    others = {name.replace("-", "_"): other.result() for name, other in begun.items()}
    return Neighbours(**others, shopify=shopify.result())


def start_shopify(supervisor: Supervisor, *, speed: float = 1.0) -> Neighbour:
    """
    Start a Shopify without any shops.

    Args:
        supervisor: Who runs it.
        speed: How much faster hours pass for it.

    Raises:
        SandboxError: It does not come up.
    """
    return _start(supervisor, _SHOPIFY, "--speed", str(speed))


def _start(supervisor: Supervisor, name: str, *options: str) -> Neighbour:
    module = f"referrals_sandbox.neighbours.{name.replace('-', '_')}"

    def launch(port: int) -> Child:
        listen = ("--listen", f"{LOOPBACK}:{port}")
        return supervisor.launch(
            Command(
                name=name,
                argv=(sys.executable, "-P", "-m", module, *listen, *options),
                ready=LogLine(r"^listening on \S+$"),
                within=_WITHIN,
            )
        )

    process, port = listening_on(None, launch)
    return Neighbour(address=f"{LOOPBACK}:{port}", process=process)
