"""What the role `http` does: it takes what Shopify posts, and follows links."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from referrals_adapters.system.address import Address
from referrals_adapters.system.memory import settle_down
from referrals_webhook.announce import announce
from referrals_webhook.container.http import running_http
from referrals_webhook.server import serve
from referrals_webhook.settings import HttpSettings
from referrals_webhook.stopping import DRAIN_WITHIN

if TYPE_CHECKING:
    import socket

    from referrals_adapters.telemetry.metrics import Metrics
    from referrals_adapters.wire.variables import Variables
    from referrals_webhook.role import Duty


def duty(variables: Variables, metrics: Metrics) -> Duty:
    """
    Return the duty, once it listens.

    Raises:
        SettingsError: A variable is missing or cannot be read.
        CannotListen: The address to listen on is taken.
    """
    settings = HttpSettings.read(variables)
    return partial(_serve, settings, settings.listen.listen(), metrics)


async def _serve(
    settings: HttpSettings, listener: socket.socket, metrics: Metrics, stop: asyncio.Event
) -> None:
    async with running_http(settings, metrics) as container, asyncio.TaskGroup() as group:
        for routine in container.routines():
            group.create_task(routine.run(stop), name=routine.name)
        app = container.app()
        settle_down()
        announce(f"http listening on {Address.of(listener)}")
        await serve(app, listener, stop, drain_within=DRAIN_WITHIN)
