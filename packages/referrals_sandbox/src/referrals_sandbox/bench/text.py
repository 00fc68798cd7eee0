"""What a bench run found, for people."""

from __future__ import annotations

import os
from statistics import median
from typing import TYPE_CHECKING, Final

from referrals_sandbox.bench.figures import cpu_each, cpu_shares
from referrals_sandbox.bench.goals import judged
from referrals_sandbox.bench.limits import limits
from referrals_sandbox.bench.load import PART
from referrals_sandbox.bench.parties import by_party

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_sandbox.bench.report import Letter, Report

_MILLISECONDS: Final = 1000
LEAST: Final = 0.5
"""Microseconds each; what spent less had no part in it."""

_HEADINGS: Final = (
    "     ratio       lowest  highest    a second    base    p50 ms    p99 ms"
    f" {f'at {PART:.0%}':>9}"
)


def as_text(report: Report) -> str:
    """Return it in words."""
    parts = (
        [machine(report)],
        _goals(report),
        [_HEADINGS, *map(_row, report.letters)],
        *map(_cpu, report.letters),
        _roles(report),
        ["What it could not measure:", *(f"- {one}" for one in limits(report))],
    )
    return "\n\n".join("\n".join(lines) for lines in parts)


def machine(report: Report) -> str:
    """Return what it ran on."""
    return f"{len(os.sched_getaffinity(0))} CPUs, load average before {report.machine_load:.2f}"


def _goals(report: Report) -> Sequence[str]:
    return [
        f"{'goal':32} {'':12} {'measured':>12}",
        *(
            f"{one.goal.what:32} {one.goal!s:12} {one.shown:>12}  {one.said}"
            for one in judged(report)
        ),
    ]


def _row(letter: Letter) -> str:
    measured = letter.measured
    low, high = measured.spread
    return (
        f"{letter.name} {measured.ratio:8.3f} {letter.base} {low:8.3f} {high:8.3f} "
        f"{measured.rate:11,.0f} {measured.base_rate:7,.0f} {_shown(measured.latency(0.5))} "
        f"{_shown(measured.latency(0.99))} {_shown(measured.latency_at_part(0.99))}"
    )


def _cpu(letter: Letter) -> Sequence[str]:
    measured = letter.measured
    each, of_base = cpu_each(measured.slices), cpu_each(measured.bases)
    shares = cpu_shares(measured.slices)
    return [
        f"CPU us each {letter.name:>13} {letter.base:>7}   {letter.name} of one CPU",
        *(
            f"{name:14} {each[name]:10.0f} {of_base[name]:7.0f} {shares[name]:13.0%}"
            for name in each
            if each[name] + of_base[name] >= LEAST
        ),
        *(f"{party + ', all':14} {spent:10.0f}" for party, spent in by_party(each).items()),
    ]


def _roles(report: Report) -> Sequence[str]:
    lines = ["role        ready after, s   idle MB   most MB under load"]
    for role, every in report.started.items():
        most = f"{report.peak[role]:20.1f}" if role in report.peak else f"{'-':>20}"
        lines.append(f"{role:10} {median(every):15.2f} {report.memory[role]:9.1f} {most}")
    return lines


def _shown(latency: float | None) -> str:
    return f"{'-':>9}" if latency is None else f"{latency * _MILLISECONDS:9.1f}"
