"""The footprint of each role: how long it takes to be ready, and its memory when idle."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING, Final

import attrs

from referrals_sandbox.bench import memory
from referrals_sandbox.bench.installed import installed
from referrals_sandbox.composition.roles import in_role
from referrals_sandbox.servers.command import LogLine

if TYPE_CHECKING:
    from referrals_sandbox.composition.sandbox import Sandbox
    from referrals_sandbox.servers.command import Command

ROLES: Final = ("grpc", "http", "worker", "relay", "reconcile")
"""Whatever of ours runs as a process of its own."""

_LEADING: Final = LogLine(r"^referrals-webhook relay leading$")  # it says nothing before
_AT_REST: Final = 0.5  # seconds after it was ready
_LIBRARIES: Final = (
    "asyncpg",
    "cattrs",
    "dependency_injector.containers",
    "grpc.aio",
    "prometheus_client",
    "redis.asyncio",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "uvloop",
)
_ALONE: Final = f"import {', '.join(_LIBRARIES)}; print(open('/proc/self/status').read())"


@attrs.frozen(kw_only=True)
class Footprint:
    """
    What roles need when nobody asks anything of them.

    Args:
        started: How long each start of each took until it was ready, in seconds.
        memory: The memory of each, in MB of 10^6 bytes: the median over its starts. What
            processes share, as libraries, counts in equal parts for each of them.
        resident: The same, where it counts in whole for each.
        libraries: What is resident of a process that has imported what `referrals-grpc` stands
            on, and nothing of ours.
    """

    started: Mapping[str, Sequence[float]]
    memory: Mapping[str, float]
    resident: Mapping[str, float]
    libraries: float


async def footprint(sandbox: Sandbox, *, starts: int) -> Footprint:
    """
    Start every role so often, one at a time, as it is when it is installed.

    Args:
        sandbox: Its webhook service is stopped. Its gRPC service comes back as it was.
        starts: How often.

    Raises:
        SandboxError: A role does not come up.
    """
    with installed() as variables:
        return await asyncio.to_thread(_measure, sandbox, starts, variables)


def _measure(sandbox: Sandbox, starts: int, variables: Mapping[str, str]) -> Footprint:
    grpc = sandbox.grpc_service.process
    grpc.stop()
    commands = {"grpc": grpc.command, **{role: _alone(sandbox, role) for role in ROLES[1:]}}
    started: dict[str, list[float]] = {role: [] for role in commands}
    proportional: dict[str, list[float]] = {role: [] for role in commands}
    resident: dict[str, list[float]] = {role: [] for role in commands}
    for role, command in commands.items():
        environment = {**command.environment, **variables}
        for _ in range(starts):
            before = time.perf_counter()
            process = sandbox.servers.supervisor.start(
                attrs.evolve(command, environment=environment)
            )
            started[role].append(time.perf_counter() - before)
            time.sleep(_AT_REST)
            proportional[role].append(memory.proportional(process.pid))
            resident[role].append(memory.resident(process.pid))
            process.stop()
    grpc.start()
    return Footprint(
        started=started,
        memory={role: median(every) for role, every in proportional.items()},
        resident={role: median(every) for role, every in resident.items()},
        libraries=_of_libraries(variables),
    )


def _of_libraries(variables: Mapping[str, str]) -> float:
    told = subprocess.run(
        [sys.executable, "-c", _ALONE],
        capture_output=True,
        check=True,
        env={**os.environ, **variables},
        text=True,
    )
    return memory.resident_by(told.stdout)


def _alone(sandbox: Sandbox, role: str) -> Command:
    """Return the command of a role of the webhook service; of relays, the one that leads."""
    webhook = sandbox.webhook_service.process.command
    command = in_role(webhook, role, name=role, settings={})
    return command if command.ready else attrs.evolve(command, ready=_LEADING)
