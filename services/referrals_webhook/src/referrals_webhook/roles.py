"""What a process does: the duties of its roles, until told to stop."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from referrals_adapters.shopify.admin_settings import ACCESS_FILE
from referrals_webhook.relay_process import keep_relay_running
from referrals_webhook.role import Role
from referrals_webhook.settings import RelaySettings, environment_of_child
from referrals_webhook.stopping import DRAIN_WITHIN, told_by_signals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from referrals_adapters.telemetry.metrics import Metrics
    from referrals_adapters.wire.variables import Variables
    from referrals_webhook.role import Duty

_A_MOMENT: Final = timedelta(seconds=1)


def duty(role: Role, variables: Variables, metrics: Metrics) -> Duty:
    """
    Return the duty of a process that has one role.

    It is imported here: what a role needs and others do not costs up to 30 MB and 0.3 s.

    Raises:
        SettingsError: A variable that the role needs is missing or cannot be read.
        CannotListen: The address to listen on is taken.
    """
    match role:
        case Role.HTTP:
            from referrals_webhook.duties import http  # noqa: PLC0415 - as it says

            return http.duty(variables, metrics)
        case Role.WORKER:
            from referrals_webhook.duties import worker  # noqa: PLC0415 - as it says

            return worker.duty(variables, metrics)
        case Role.RELAY:
            from referrals_webhook.duties import relay  # noqa: PLC0415 - as it says

            return relay.duty(variables, metrics)
        case Role.RECONCILE:
            from referrals_webhook.duties import reconcile  # noqa: PLC0415 - as it says

            return reconcile.duty(variables, metrics)


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
