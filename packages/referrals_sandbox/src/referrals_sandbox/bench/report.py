"""What a bench run found, for people and for programs."""

from __future__ import annotations

import json
import os
from typing import Any, Final

import attrs

from referrals_sandbox.bench.figures import Alternated
from referrals_sandbox.bench.load import LOAD

_MILLISECONDS: Final = 1000
_LEAST: Final = 0.5  # microseconds each; what spent less had no part in it


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
                "cpus": os.cpu_count(),
                "load_average_before": round(self.machine_load, 2),
                **{letter: _figures(base, one) for letter, base, one in self._rows()},
            },
            indent=2,
        )

    def as_text(self) -> str:
        """Return it in words."""
        lines = [
            f"{os.cpu_count()} CPUs, load average before {self.machine_load:.2f}",
            "",
            "     ratio    lowest  highest      a second  base's      p50 ms   p99 ms  load's CPU",
        ]
        for letter, base, one in self._rows():
            low, high = one.spread
            lines.append(
                f"{letter} {one.ratio:8.3f} {base} {low:8.3f} {high:8.3f} {one.rate:13,.0f} "
                f"{one.base_rate:7,.0f} {_shown(one, 0.5)} {_shown(one, 0.99)} "
                f"{one.cpu_share(LOAD):10.0%}"
            )
        for letter, _, one in self._rows():
            lines += ["", f"CPU microseconds each, {letter}"]
            lines += [
                f"  {name:14} {each:8.0f}"
                for name, each in one.cpu_each().items()
                if each >= _LEAST
            ]
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
        "p50_ms": _milliseconds(one, 0.5),
        "p99_ms": _milliseconds(one, 0.99),
        "cpu_microseconds": {name: round(each, 1) for name, each in one.cpu_each().items()},
        "load_cpu_share": round(one.cpu_share(LOAD), 3),
    }


def _milliseconds(one: Alternated, share: float) -> float | None:
    latency = one.latency(share)
    return None if latency is None else round(latency * _MILLISECONDS, 2)


def _shown(one: Alternated, share: float) -> str:
    latency = _milliseconds(one, share)
    return f"{'-':>9}" if latency is None else f"{latency:9.1f}"
