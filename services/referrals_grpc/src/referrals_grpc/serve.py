"""The service in this process."""

from __future__ import annotations

from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

from referrals_adapters.system.memory import settle_down
from referrals_adapters.telemetry.metrics import Metrics, exposed
from referrals_grpc.container import running
from referrals_grpc.server import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from referrals_adapters.system.address import Address
    from referrals_grpc.settings import Settings


@asynccontextmanager
async def served(settings: Settings, *, shared: bool = False) -> AsyncIterator[Address]:
    """
    Serve within the block, and yield the address.

    Args:
        settings: What the service needs to know.
        shared: Whether other processes of the service listen on the same port.

    Raises:
        CannotListen: The address is taken, or is none of this machine.
    """
    metrics, listen = Metrics(), settings.metrics
    async with (
        nullcontext() if listen is None else _exposed(metrics, listen),
        running(settings, metrics) as container,
        serving(
            container.servicer(),
            container.interceptors(),
            settings.listen,
            reflection=settings.reflection,
            shared=shared,
            tls=settings.tls,
            aio=settings.aio,
        ) as address,
    ):
        settle_down()
        yield address


@asynccontextmanager
async def _exposed(metrics: Metrics, at: Address) -> AsyncIterator[None]:
    with exposed(metrics, at.listen()):
        yield
