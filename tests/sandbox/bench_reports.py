"""Reports of the bench, made up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from referrals_sandbox.bench.figures import Alternated, Slice
from referrals_sandbox.bench.footprint import ROLES
from referrals_sandbox.bench.load import LOAD
from referrals_sandbox.bench.report import Report

if TYPE_CHECKING:
    from collections.abc import Mapping

ECHOES: Final = 5_700.0  # a second: a little more than where the plain goals were set


def slices(
    *rates: float, load: float = 0.5, late: float = 0.007, cpu: Mapping[str, float] | None = None
) -> list[Slice]:
    """Return slices of two seconds, in which each process spends so many seconds of CPU."""
    return [
        Slice(
            done=round(2 * rate),
            seconds=2,
            latencies=[rate / 1000, rate / 2000],
            latencies_at_part=[late, late / 2],
            cpu={"http": 1.0, "core": 0.25, LOAD: load} if cpu is None else cpu,
        )
        for rate in rates
    ]


def alternated(*ratios: float, late: float = 0.007) -> Alternated:
    bases = slices(*[ECHOES] * (len(ratios) + 1))
    return Alternated(bases=bases, slices=slices(*(ECHOES * one for one in ratios), late=late))


MEASURED = Alternated(bases=slices(100, 200, 300, 500), slices=slices(75, 125, 600))
GOOD = Report(
    r=alternated(1.19, 1.2, 1.2, 1.21, 1.3, late=0.008),
    w=alternated(1.59, 1.6, 1.6, 1.7, 1.7, late=0.008),
    c=alternated(0.19, 0.2, 0.2, 0.21, 0.3),
    bare=slices(20_000, late=0.008),
    no_signal=slices(14_999, 15_000, 15_001),
    drain=slices(40_000),
    drain_kafka=slices(15_000),
    growth_r=alternated(0.9),
    growth_c=alternated(0.9),
    started={role: [0.9, 0.7, 0.8, 0.8, 0.8] for role in ROLES},
    memory=dict.fromkeys(ROLES, 70.0),
    resident=dict.fromkeys(ROLES, 90.0),
    libraries=65.4,
    peak={"grpc": 91.5, "http-1": 80.5, "http-2": 82.5},
    elsewhere=["kafka"],
    machine_load=0.5,
    left_out={},
)
"""A run that meets every goal, and none by more than it has to."""

WITHOUT_KAFKA = attrs.evolve(GOOD, drain_kafka=None, left_out={"drain_kafka": "none is < here"})
