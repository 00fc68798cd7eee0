"""What a bench run found, for people and for programs."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

import attrs

from referrals_sandbox.bench.figures import Alternated, cpu_each, cpu_shares
from referrals_sandbox.bench.load import LOAD, PART

if TYPE_CHECKING:
    from collections.abc import Mapping

_MILLISECONDS: Final = 1000
_LEAST: Final = 0.5  # microseconds each; what spent less had no part in it
_HEADINGS: Final = (
    "     ratio       lowest  highest    a second    base    p50 ms    p99 ms"
    f" {f'at {PART:.0%}':>9}"
)
_MOST_LOAD: Final = 0.8  # of a CPU, on which the servers have to run, too


@attrs.frozen(kw_only=True)
class Report:
    """
    What a run found.

    Args:
        r: Reads between echoes.
        w: Webhooks between transactions.
        c: Conversions between transactions.
        machine_load: The load average of the machine before it all.
    """

    r: Alternated
    w: Alternated
    c: Alternated
    machine_load: float

    def as_json(self) -> str:
        """Return it as JSON."""
        return json.dumps(
            {
                "cpus": len(os.sched_getaffinity(0)),
                "load_average_before": round(self.machine_load, 2),
                **{letter: _figures(base, one) for letter, base, one in self._rows()},
            },
            indent=2,
        )

    def as_text(self) -> str:
        """Return it in words."""
        lines = [
            f"{len(os.sched_getaffinity(0))} CPUs, load average before {self.machine_load:.2f}",
            "",
            _HEADINGS,
        ]
        for letter, base, one in self._rows():
            low, high = one.spread
            lines.append(
                f"{letter} {one.ratio:8.3f} {base} {low:8.3f} {high:8.3f} {one.rate:11,.0f} "
                f"{one.base_rate:7,.0f} {_shown(one.latency(0.5))} {_shown(one.latency(0.99))} "
                f"{_shown(one.latency_at_part(0.99))}"
            )
        for letter, base, one in self._rows():
            lines += ["", f"CPU us each {letter:>13} {base:>7}   {letter} of one CPU"]
            each, shares = cpu_each(one.slices), cpu_shares(one.slices)
            of_base = cpu_each(one.bases)
            lines += [
                f"{name:14} {each[name]:10.0f} {of_base[name]:7.0f} {shares[name]:13.0%}"
                for name in each
                if each[name] + of_base[name] >= _LEAST
            ]
            if shares[LOAD] > _MOST_LOAD:
                lines.append("The load took most of a CPU: it may be what holds this up.")
        return "\n".join(lines)

    def _rows(self) -> list[tuple[str, str, Alternated]]:
        return [("R", "E", self.r), ("W", "P", self.w), ("C", "P", self.c)]


def _figures(base: str, one: Alternated) -> dict[str, Any]:
    return {
        "base": base,
        "ratio": round(one.ratio, 4),
        "ratios": [round(ratio, 4) for ratio in one.ratios],
        "rate": round(one.rate, 1),
        "base_rate": round(one.base_rate, 1),
        "p50_ms": _milliseconds(one.latency(0.5)),
        "p99_ms": _milliseconds(one.latency(0.99)),
        "p99_ms_at_part": _milliseconds(one.latency_at_part(0.99)),
        "part": PART,
        "cpu_microseconds": _rounded(cpu_each(one.slices), 1),
        "base_cpu_microseconds": _rounded(cpu_each(one.bases), 1),
        "cpu_shares": _rounded(cpu_shares(one.slices), 3),
    }


def _milliseconds(latency: float | None) -> float | None:
    return None if latency is None else round(latency * _MILLISECONDS, 2)


def _shown(latency: float | None) -> str:
    return f"{'-':>9}" if latency is None else f"{latency * _MILLISECONDS:9.1f}"


def _rounded(figures: Mapping[str, float], digits: int) -> dict[str, float]:
    return {name: round(figure, digits) for name, figure in figures.items()}
