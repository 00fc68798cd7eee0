"""Who spends CPU: our roles, the servers they stand on, the stand-ins, and the load itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from referrals_sandbox.bench.footprint import ROLES
from referrals_sandbox.bench.load import LOAD

if TYPE_CHECKING:
    from collections.abc import Mapping

OURS, SERVERS, STAND_INS, BASE = "our roles", "servers", "stand-ins", "base"
_PARTIES: Final = {
    **dict.fromkeys(ROLES, OURS),
    **dict.fromkeys(("postgres", "redis", "kafka"), SERVERS),
    **dict.fromkeys(("echo", "bare"), BASE),
    LOAD: LOAD,
}


def kind(process: str) -> str:
    """
    Return what a process is: replicas of a role have numbers.

    >>> kind("http"), kind("http-2"), kind("rfm-analytics")
    ('http', 'http', 'rfm-analytics')
    """
    return process.rstrip("-0123456789")


def party(process: str) -> str:
    """
    Return whose a process is; whoever else runs stands in for a neighbour.

    >>> party("http-2"), party("postgres"), party("core"), party("bare-2")
    ('our roles', 'servers', 'stand-ins', 'base')
    """
    return _PARTIES.get(kind(process), STAND_INS)


def by_kind(each: Mapping[str, float]) -> dict[str, float]:
    """Return what the processes of each kind spend together."""
    sums: dict[str, float] = {}
    for process, spent in each.items():
        sums[kind(process)] = sums.get(kind(process), 0.0) + spent
    return sums


def by_party(each: Mapping[str, float]) -> dict[str, float]:
    """Return what the processes of each party spend together."""
    sums: dict[str, float] = {}
    for process, spent in each.items():
        sums[party(process)] = sums.get(party(process), 0.0) + spent
    return sums
