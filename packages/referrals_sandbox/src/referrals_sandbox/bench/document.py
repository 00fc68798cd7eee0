"""What a bench run found, for programs."""

from __future__ import annotations

import json
import os
import platform
from typing import TYPE_CHECKING, Any, Final

from referrals_sandbox.bench.figures import cpu_each, cpu_shares, latencies_at_part, median_rate
from referrals_sandbox.bench.goals import judged
from referrals_sandbox.bench.limits import limits
from referrals_sandbox.bench.load import PART
from referrals_sandbox.bench.parties import by_party

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from referrals_sandbox.bench.figures import Alternated, Slice
    from referrals_sandbox.bench.goals import Verdict
    from referrals_sandbox.bench.report import Letter, Report

_MILLISECONDS: Final = 1000


def as_json(report: Report) -> str:
    """Return it as JSON."""
    return json.dumps(
        {
            "cpus": len(os.sched_getaffinity(0)),
            "python": platform.python_version(),
            "load_average_before": round(report.machine_load, 2),
            "goals": [_goal(verdict) for verdict in judged(report)],
            **{letter.name: _letter(letter) for letter in report.letters},
            "bare": _rates(report.bare),
            "echo_p99_ms_at_part": _late(report.r.bases),
            "bare_p99_ms_at_part": _late(report.bare),
            "no_signal": _rates(report.no_signal),
            "drain": _rates(report.drain),
            "drain_kafka": _rates(report.drain_kafka),
            "growth_r": _ratios(report.growth_r),
            "growth_c": _ratios(report.growth_c),
            "started_seconds": {
                role: [round(one, 3) for one in every] for role, every in report.started.items()
            },
            "memory_mb": _rounded(report.memory, 1),
            "resident_memory_mb": _rounded(report.resident, 1),
            "libraries_memory_mb": round(report.libraries, 1),
            "peak_memory_mb": _rounded(report.peak, 1),
            "could_not_measure": limits(report),
        },
        indent=2,
    )


def _goal(verdict: Verdict) -> dict[str, Any]:
    goal, figure = verdict.goal, verdict.figure
    return {
        "what": goal.what,
        "figure": None if figure is None else round(figure, 4),
        "at_most" if goal.is_ceiling else "at_least": goal.bound,
        "unit": goal.unit,
        "is_met": verdict.is_met,
        "is_refused": verdict.is_refused,
        "not_measured_because": verdict.why or None,
    }


def _letter(letter: Letter) -> dict[str, Any]:
    measured = letter.measured
    each = cpu_each(measured.slices)
    return {
        "base": letter.base,
        "ratio": round(measured.ratio, 4),
        "ratios": [round(ratio, 4) for ratio in measured.ratios],
        "rate": round(measured.rate, 1),
        "base_rate": round(measured.base_rate, 1),
        "p50_ms": _milliseconds(measured.latency(0.5)),
        "p99_ms": _milliseconds(measured.latency(0.99)),
        "p99_ms_at_part": _milliseconds(measured.latency_at_part(0.99)),
        "part": PART,
        "cpu_microseconds": _rounded(each, 1),
        "cpu_microseconds_by_party": _rounded(by_party(each), 1),
        "base_cpu_microseconds": _rounded(cpu_each(measured.bases), 1),
        "cpu_shares": _rounded(cpu_shares(measured.slices), 3),
    }


def _rates(slices: Sequence[Slice] | None) -> dict[str, Any] | None:
    if slices is None:
        return None
    return {
        "rate": round(median_rate(slices), 1),
        "rates": [round(one.rate, 1) for one in slices],
        "cpu_microseconds": _rounded(cpu_each(slices), 1),
    }


def _ratios(measured: Alternated | None) -> dict[str, Any] | None:
    if measured is None:
        return None
    return {
        "ratio": round(measured.ratio, 4),
        "ratios": [round(ratio, 4) for ratio in measured.ratios],
        "rate": round(measured.rate, 1),
        "base_rate": round(measured.base_rate, 1),
    }


def _milliseconds(latency: float | None) -> float | None:
    return None if latency is None else round(latency * _MILLISECONDS, 2)


def _late(slices: Sequence[Slice]) -> list[float | None]:
    return [_milliseconds(one) for one in latencies_at_part(slices, 0.99)]


def _rounded(figures: Mapping[str, float], digits: int) -> dict[str, float]:
    return {name: round(figure, digits) for name, figure in figures.items()}
