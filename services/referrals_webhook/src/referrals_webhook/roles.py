"""What each role does: it reads what it needs, and does its duty until told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from referrals_adapters.flow.backoff import Backoff
from referrals_adapters.shopify.admin_settings import ACCESS_FILE
from referrals_adapters.system.address import Address
from referrals_adapters.system.memory import settle_down
from referrals_webhook.announce import announce
from referrals_webhook.container.http import running_http
from referrals_webhook.container.reconcile import running_reconcile
from referrals_webhook.container.relay import running_relay
from referrals_webhook.container.worker import running_worker
from referrals_webhook.relay_process import keep_relay_running
from referrals_webhook.role import Role
from referrals_webhook.routine import Routine
from referrals_webhook.server import serve
from referrals_webhook.settings import (
    HttpSettings,
    ReconcileSettings,
    RelaySettings,
    WorkerSettings,
    environment_of_child,
)
from referrals_webhook.stopping import DRAIN_WITHIN, told_by_signals, unless

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from referrals_adapters.telemetry.metrics import Metrics
    from referrals_adapters.wire.variables import Variables

_A_MOMENT: Final = timedelta(seconds=1)

Duty: TypeAlias = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""What is done until the event is set; what was begun is finished."""


def duty(role: Role, variables: Variables, metrics: Metrics) -> Duty:
    """
    Return the duty of a process that has one role.

    Raises:
        SettingsError: A variable that the role needs is missing or cannot be read.
        CannotListen: The address to listen on is taken.
    """
    match role:
        case Role.HTTP:
            http = HttpSettings.read(variables)
            return partial(_http, http, http.listen.listen(), metrics)
        case Role.WORKER:
            return partial(_worker, WorkerSettings.read(variables), metrics)
        case Role.RELAY:
            return partial(_relay, RelaySettings.read(variables), metrics)
        case Role.RECONCILE:
            return partial(_reconcile, ReconcileSettings.read(variables), metrics)


def all_duties(variables: Variables, metrics: Metrics) -> list[Duty]:
    """
    Return the duties of a process that has all roles; the relay's is to watch a child.

    Raises:
        SettingsError: A variable that a role needs is missing or cannot be read.
        CannotListen: The address to listen on is taken.
    """
    RelaySettings.read(variables)
    watch = partial(
        keep_relay_running,
        environment=environment_of_child(variables),
        end_within=DRAIN_WITHIN + _A_MOMENT,
    )
    roles = [Role.WORKER, Role.HTTP]
    if ACCESS_FILE in variables.values:  # without it nobody may be asked
        roles.append(Role.RECONCILE)
    return [watch, *(duty(role, variables, metrics) for role in roles)]


async def fulfil(duties: Iterable[Duty]) -> None:
    """Do duties side by side until SIGTERM or SIGINT."""
    stop = told_by_signals()
    async with asyncio.TaskGroup() as group:
        for one in duties:
            group.create_task(one(stop))


async def _http(
    settings: HttpSettings, listener: socket.socket, metrics: Metrics, stop: asyncio.Event
) -> None:
    async with running_http(settings, metrics) as container, asyncio.TaskGroup() as group:
        for routine in container.routines():
            group.create_task(routine.run(stop), name=routine.name)
        app = container.app()
        settle_down()
        announce(f"http listening on {Address.of(listener)}")
        await serve(app, listener, stop, drain_within=DRAIN_WITHIN)


async def _worker(settings: WorkerSettings, metrics: Metrics, stop: asyncio.Event) -> None:
    async with running_worker(settings, metrics) as container:
        worker = container.worker()
        settle_down()
        announce("worker ready")
        await worker.run(stop)


async def _relay(settings: RelaySettings, metrics: Metrics, stop: asyncio.Event) -> None:
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


async def _reconcile(settings: ReconcileSettings, metrics: Metrics, stop: asyncio.Event) -> None:
    async with running_reconcile(settings, metrics) as container:
        announce("reconcile ready")
        pause = Backoff(first=settings.every, cap=settings.every)

        async def sweep() -> int:
            await unless(stop, container.sweeps().all())  # to break off harms nothing
            return 0  # at once there would be nothing to find

        await Routine(name="reconcile", step=sweep, when_idle=pause).run(stop)
