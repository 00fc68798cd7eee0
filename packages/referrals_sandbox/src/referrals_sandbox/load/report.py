"""What a load run found, for people and for programs."""

from __future__ import annotations

import json
import os
from typing import Final

import attrs

from referrals_sandbox.load.plan import Plan
from referrals_sandbox.load.verdict import PLANNED, Verdict

_SHOWN: Final = 10  # findings of a kind
_SLOW: Final = 1.1  # times as long as planned


@attrs.frozen(kw_only=True)
class Report:
    """
    What a run found.

    Args:
        plan: What it was to do.
        verdict: How it went.
        machine_load: The load average of the machine before it all.
    """

    plan: Plan
    verdict: Verdict
    machine_load: float

    def as_json(self) -> str:
        """Return it as JSON."""
        verdict = self.verdict
        return json.dumps(
            {
                "holds": verdict.holds,
                "seed": self.plan.seed,
                "shares": self.plan.shares,
                "conversion": self.plan.conversion,
                "cpus": len(os.sched_getaffinity(0)),
                "load_average_before": round(self.machine_load, 2),
                "seconds_planned": self.plan.seconds,
                "seconds": round(verdict.driven.seconds, 1),
                "conversions_an_hour": round(verdict.hourly),
                "rates": {
                    channel: {
                        "truth": round(rate.truth, 5),
                        **(attrs.asdict(rate.measured) if rate.measured else {}),
                    }
                    for channel, rate in verdict.rates.items()
                },
                "orders": {kind: attrs.asdict(judged) for kind, judged in verdict.kinds.items()},
                "precision": verdict.precision,
                "recall": verdict.recall,
                "visits": {"made": verdict.visits, "counted": verdict.visits_counted},
                "traces_lost": verdict.lost,
                "webhooks": attrs.asdict(verdict.posted),
                "steps": [attrs.asdict(step) for step in verdict.driven.steps],
                "findings": verdict.findings,
            },
            indent=2,
        )

    def as_text(self) -> str:
        """Return it in words."""
        return "\n\n".join(
            "\n".join(lines)
            for lines in (
                self._heading(),
                self._rates(),
                self._orders(),
                self._steps(),
                self._findings(),
            )
        )

    @property
    def pace(self) -> str:
        """How fast it was, in words."""
        verdict, plan = self.verdict, self.plan
        seconds = verdict.driven.seconds
        slow = (
            f"; the machine did not keep the pace of {plan.seconds:g} s"
            if seconds > _SLOW * plan.seconds
            else ""
        )
        return (
            f"{seconds:.0f} s, {verdict.hourly:,.0f} conversions an hour, "
            f"{verdict.hourly / PLANNED:.0f} times the plan's {PLANNED}{slow}"
        )

    @property
    def machine(self) -> str:
        """What it ran on, in words."""
        return f"{len(os.sched_getaffinity(0))} CPUs, load average before {self.machine_load:.2f}"

    @property
    def asides(self) -> list[str]:
        """What there is to say beside the rates."""
        verdict, posted = self.verdict, self.verdict.posted
        return [
            f"{verdict.visits_counted:,} of {verdict.visits:,} visits were counted",
            f"{verdict.lost:,} orders carried too little for their share to be known",
            f"{posted.answered:,} webhooks were answered, the slowest in {posted.slowest:.1f} s",
        ]

    def _heading(self) -> list[str]:
        plan = self.plan
        return [
            f"{plan.shares:,} shares by SMS at {plan.conversion:.1%}, seed {plan.seed}",
            self.machine,
            self.pace,
        ]

    def _rates(self) -> list[str]:
        lines = ["channel    shares   truth  measured    from      to"]
        for channel, rate in self.verdict.rates.items():
            line = f"{channel:9} {rate.shares:7,} {rate.truth:7.2%}"
            if one := rate.measured:
                line += f" {one.rate:9.2%} {one.lower:7.2%} {one.upper:7.2%}"
            outside = "" if rate.is_inside else "  the truth lies outside"
            lines.append(line + outside)
        return [*lines, *self.asides]

    def _orders(self) -> list[str]:
        lines = ["orders                    number  refused"]
        lines += [
            f"{kind:25} {judged.orders:6,} {judged.refused:8,}"
            for kind, judged in self.verdict.kinds.items()
        ]
        return [
            *lines,
            f"precision {part(self.verdict.precision)}, recall {part(self.verdict.recall)}",
        ]

    def _steps(self) -> list[str]:
        return [
            "step         calls   failed    p50 ms   p95 ms   p99 ms",
            *(
                f"{step.name:9} {step.calls:8,} {step.failures:8,} "
                f"{step.p50:9,.0f} {step.p95:8,.0f} {step.p99:8,.0f}"
                for step in self.verdict.driven.steps
            ),
        ]

    def _findings(self) -> list[str]:
        lines = []
        for kind, findings in self.verdict.findings.items():
            lines.append(f"{kind.replace('_', ' '):25} {len(findings):6}")
            lines += [f"  {finding}" for finding in findings[:_SHOWN]]
        return lines


def part(of_one: float | None) -> str:
    """
    Return a part as people read it.

    >>> part(0.925), part(None)
    ('92.5%', '-')
    """
    return "-" if of_one is None else f"{of_one:.1%}"
