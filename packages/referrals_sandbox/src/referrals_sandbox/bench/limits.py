"""What a bench run could not measure, and what may have bent what it measured."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from referrals_sandbox.bench.figures import cpu_shares
from referrals_sandbox.bench.goals import judged
from referrals_sandbox.bench.load import LOAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_sandbox.bench.report import Report

_MOST_LOAD: Final = 0.8  # of a CPU, on which the servers have to run, too
_CROWDED: Final = 0.5  # load average for each CPU
_ENOUGH: Final = 5  # rounds or starts for a median

_ALWAYS: Final = (
    "One machine: what makes the load, the servers and the stand-ins take from the same CPUs.",
    "No network: everything talks over loopback, without a network's delay and loss.",
    "pgbench's own CPU is not counted; what PostgreSQL spends on P is.",
    "CPU is counted in steps of 10 ms for each process, and by Linux alone.",
    "A Python compiled without profile-guided optimisation takes a quarter more CPU for our code.",
    "Minutes, not days: what autovacuum, checkpoints and full disks do later is not seen.",
)


def limits(report: Report) -> Sequence[str]:
    """Return it, each in a sentence."""
    parts = (_of_memory, _of_servers, _of_the_machine, _of_the_plan, _of_goals)
    return [*_ALWAYS, *(said for part in parts for said in part(report))]


def _of_memory(report: Report) -> Sequence[str]:
    resident = ", ".join(f"{role} {mb:.0f}" for role, mb in report.resident.items())
    alone = f"{report.libraries:.0f} MB, with nothing of ours"
    return [
        "Of libraries that processes share, idle memory counts an equal part for each of them.",
        f"Counted in whole, as what is resident, it is {resident} MB.",
        f"To import the libraries that referrals-grpc stands on makes {alone}, resident.",
    ]


def _of_servers(report: Report) -> Sequence[str]:
    said = [f"The CPU of {name} is not counted: it runs elsewhere." for name in report.elsewhere]
    if "kafka" not in report.elsewhere:
        said.append(
            "The broker is librdkafka's mock, which keeps records in memory only; a real one "
            "writes them, and copies them to others."
        )
    return said


def _of_the_machine(report: Report) -> Sequence[str]:
    said = []
    cpus = len(os.sched_getaffinity(0))
    if report.machine_load > _CROWDED * cpus:
        said.append(
            f"Others used the machine: its load average was {report.machine_load:.2f} on {cpus} "
            "CPUs before, so ratios may be off, and CPU less so."
        )
    for letter in report.letters:
        share = cpu_shares(letter.measured.slices)[LOAD]
        if share > _MOST_LOAD:
            said.append(
                f"{letter.name}: the load took {share:.0%} of a CPU, most of it: it may be what "
                "holds this up."
            )
    return said


def _of_the_plan(report: Report) -> Sequence[str]:
    rounds, starts = len(report.c.slices), min(map(len, report.started.values()))
    if min(rounds, starts) >= _ENOUGH:
        return []
    return [f"A short run, whose medians say little: rounds {rounds}, starts of a role {starts}."]


def _of_goals(report: Report) -> Sequence[str]:
    return [f"{one}." for one in judged(report) if one.figure is None]
