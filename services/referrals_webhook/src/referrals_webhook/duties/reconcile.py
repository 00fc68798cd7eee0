"""What the role `reconcile` does: it looks at Shopify for what did not come."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from referrals_adapters.flow.backoff import Backoff
from referrals_webhook.announce import announce
from referrals_webhook.container.reconcile import running_reconcile
from referrals_webhook.routine import Routine
from referrals_webhook.settings import ReconcileSettings
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
    return partial(_sweep, ReconcileSettings.read(variables), metrics)


async def _sweep(settings: ReconcileSettings, metrics: Metrics, stop: asyncio.Event) -> None:
    async with running_reconcile(settings, metrics) as container:
        announce("reconcile ready")
        pause = Backoff(first=settings.every, cap=settings.every)

        async def sweep() -> int:
            await unless(stop, container.sweeps().all())  # to break off harms nothing
            return 0  # at once there would be nothing to find

        await Routine(name="reconcile", step=sweep, when_idle=pause).run(stop)
