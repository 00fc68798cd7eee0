"""The roles of the webhook service, each as a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from referrals_sandbox.servers.command import Command, LogLine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_READY: Final = {
    "http": LogLine(r"^referrals-webhook http listening on \S+$"),
    "worker": LogLine(r"^referrals-webhook worker ready$"),
    "reconcile": LogLine(r"^referrals-webhook reconcile ready$"),
}


def in_role(
    webhook: Command,
    role: str,
    *,
    name: str,
    argv: tuple[str | Path, ...] = (),
    settings: Mapping[str, str],
) -> Command:
    """
    Return the command of one role.

    Args:
        webhook: The command of the service with all its roles.
        role: The role.
        name: What tells processes of one role apart.
        argv: Another program for it; by default the service.
        settings: Those that differ from the service's.
    """
    return attrs.evolve(
        webhook,
        name=f"referrals-webhook-{name}",
        argv=argv or (*webhook.argv, "--role", role),
        environment={**webhook.environment, **settings},
        ready=_READY.get(role),
    )
