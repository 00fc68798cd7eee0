"""What the role `relay` does: it publishes events, while it leads."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

from referrals_adapters.system.memory import settle_down
from referrals_webhook.container.relay import running_relay
from referrals_webhook.routine import Routine
from referrals_webhook.settings import RelaySettings
from referrals_webhook.stopping import unless

if TYPE_CHECKING:
    import asyncio

    from referrals_adapters.telemetry.metrics import Metrics
    from referrals_adapters.wire.variables import Variables
    from referrals_webhook.role import Duty


def duty(variables: Variables, metrics: Metrics) -> Duty:
    """
    Return the duty.

    Raises:
        SettingsError: A variable is missing or cannot be read.
    """
    return partial(_publish, RelaySettings.read(variables), metrics)


async def _publish(settings: RelaySettings, metrics: Metrics, stop: asyncio.Event) -> None:
    await Routine(name="relay", step=partial(_term, settings, metrics, stop)).run(stop)


async def _term(settings: RelaySettings, metrics: Metrics, stop: asyncio.Event) -> int:
    async with AsyncExitStack() as stack:
        opening = stack.enter_async_context(running_relay(settings, metrics))
        container = await unless(stop, opening)
        if container is not None:
            relay = container.relay()
            settle_down()
            await relay.run(stop)
    return 0
