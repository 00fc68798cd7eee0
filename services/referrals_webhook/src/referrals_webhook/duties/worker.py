"""What the role `worker` does: it works off what came."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from referrals_adapters.system.memory import settle_down
from referrals_webhook.announce import announce
from referrals_webhook.container.worker import running_worker
from referrals_webhook.settings import WorkerSettings

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
    return partial(_work, WorkerSettings.read(variables), metrics)


async def _work(settings: WorkerSettings, metrics: Metrics, stop: asyncio.Event) -> None:
    async with running_worker(settings, metrics) as container:
        worker = container.worker()
        settle_down()
        announce("worker ready")
        await worker.run(stop)
