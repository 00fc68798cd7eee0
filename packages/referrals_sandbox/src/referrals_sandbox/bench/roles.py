"""What each role needs: time until it is ready, memory, and CPU for what it has a part in."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from referrals_sandbox.bench.figures import cpu_each
from referrals_sandbox.bench.footprint import ROLES
from referrals_sandbox.bench.parties import by_kind, kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from referrals_sandbox.bench.report import Report

LEAST: Final = 0.5
"""Microseconds each; what spent less had no part in it."""


class Role(NamedTuple):
    """
    What one role needs.

    Args:
        name: Its name.
        ready: How long a start takes, in seconds: the median.
        idle: Its memory when idle, in MB.
        peak: The most that a process of it had under load; None: it had no load.
        cpu: Its CPU for one of what it has a part in, in microseconds, by the letter.
    """

    name: str
    ready: float
    idle: float
    peak: float | None
    cpu: Mapping[str, float]


def roles_of(report: Report) -> Sequence[Role]:
    """Return what each needs."""
    each = {letter.name: by_kind(cpu_each(letter.measured.slices)) for letter in report.letters}
    return [
        Role(
            name=role,
            ready=median(report.started[role]),
            idle=report.memory[role],
            peak=max((mb for name, mb in report.peak.items() if kind(name) == role), default=None),
            cpu={
                letter: spent[role]
                for letter, spent in each.items()
                if spent.get(role, 0.0) >= LEAST
            },
        )
        for role in ROLES
    ]
