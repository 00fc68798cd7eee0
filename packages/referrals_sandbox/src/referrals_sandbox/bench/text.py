"""What a bench run found, for people."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Final

from referrals_sandbox.bench.figures import cpu_each, cpu_shares, median_rate
from referrals_sandbox.bench.goals import judged, written
from referrals_sandbox.bench.limits import limits
from referrals_sandbox.bench.load import PART
from referrals_sandbox.bench.parties import by_party
from referrals_sandbox.bench.roles import LEAST, roles_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_sandbox.bench.goals import Verdict
    from referrals_sandbox.bench.report import Letter, Report

_MILLISECONDS: Final = 1000
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
        _rates(report),
        _roles(report),
        ["What it could not measure:", *(f"- {one}" for one in limits(report))],
    )
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def machine(report: Report) -> str:
    """Return what it ran on."""
    cpus = len(os.sched_getaffinity(0))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cpus} CPUs, {python}, load average before {report.machine_load:.2f}"


def _goals(report: Report) -> Sequence[str]:
    return [
        f"{'goal':26} {'':12} {'median':>12} {'lowest':>10} {'highest':>10}",
        *(
            f"{one.goal.what:26} {one.goal!s:12} {one.shown:>12} {_spread(one)}  {one.said}"
            + (f", because {one.why}" if one.why else "")
            for one in judged(report)
        ),
    ]


def _spread(verdict: Verdict) -> str:
    if not verdict.values:
        return f"{'-':>10} {'-':>10}"
    low, high = min(verdict.values), max(verdict.values)
    return f"{written(low):>10} {written(high):>10}"


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
        *(
            f"{party + ', all':14} {spent:10.0f}"
            for party, spent in by_party(each).items()
            if spent >= LEAST
        ),
    ]


def _rates(report: Report) -> Sequence[str]:
    lines = [
        f"{name:26} {median_rate(slices):9,.0f}   "
        + ", ".join(f"{party} {us:.1f}" for party, us in by_party(cpu_each(slices)).items())
        for name, slices in report.rates
    ]
    return [f"{'':26} {'a second':>9}   CPU us each", *lines] if lines else []


def _roles(report: Report) -> Sequence[str]:
    letters = [letter.name for letter in report.letters]
    heads = "".join(f"{f'us a {letter}':>10}" for letter in letters)
    lines = [f"{'role':10} {'ready, s':>9} {'idle, MB':>9} {'most, MB':>9}{heads}"]
    for role in roles_of(report):
        peak = "-" if role.peak is None else f"{role.peak:.1f}"
        spent = "".join(
            f"{role.cpu[letter]:10.0f}" if letter in role.cpu else f"{'-':>10}"
            for letter in letters
        )
        lines.append(f"{role.name:10} {role.ready:9.2f} {role.idle:9.1f} {peak:>9}{spent}")
    return lines


def _shown(latency: float | None) -> str:
    return f"{'-':>9}" if latency is None else f"{latency * _MILLISECONDS:9.1f}"
