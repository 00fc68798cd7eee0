"""Who spends CPU: our roles, the servers they stand on, the stand-ins, and the load itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from referrals_sandbox.bench.footprint import ROLES
from referrals_sandbox.bench.load import LOAD

if TYPE_CHECKING:
    from collections.abc import Mapping

OURS: Final = "our roles"
_SERVERS, _STAND_INS, _BASE, _LOAD = "servers", "stand-ins", "base", "load"
_PARTIES: Final = {
    **dict.fromkeys(ROLES, OURS),
    **dict.fromkeys(("postgres", "redis", "kafka"), _SERVERS),
    **dict.fromkeys(("auth", "core", "points", "rfm-analytics", "admincore"), _STAND_INS),
    "echo": _BASE,
    LOAD: _LOAD,
}


def party(process: str) -> str:
    """
    Return whose a process is; the replicas of a role have numbers.

    >>> party("http"), party("http-2"), party("rfm-analytics")
    ('our roles', 'our roles', 'stand-ins')

    Raises:
        KeyError: Nobody knows it.
    """
    return _PARTIES[process.rstrip("-0123456789")]


def by_party(each: Mapping[str, float]) -> dict[str, float]:
    """Return what the processes of each party spend together."""
    sums: dict[str, float] = {}
    for process, spent in each.items():
        sums[party(process)] = sums.get(party(process), 0.0) + spent
    return sums
