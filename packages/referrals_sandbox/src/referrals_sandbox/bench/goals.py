"""The goals, and whether a run met them: a goal holds a median against its bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import attrs

from referrals_sandbox.bench.figures import latencies_at_part
from referrals_sandbox.bench.footprint import ROLES
from referrals_sandbox.bench.load import PART
from referrals_sandbox.bench.report import Report

if TYPE_CHECKING:
    from referrals_sandbox.bench.figures import Alternated, Slice

_WHOLE: Final = 1000  # from here on nobody reads a fraction


@attrs.frozen(kw_only=True)
class Refusal:
    """
    What may show that a bound cannot be kept here, and what has to hold then.

    Args:
        what: Whose least it is.
        least: Takes the least that anybody can reach here from the report: the median of it
            exceeds the bound, or nothing is refused.
        times: How many times that median the figure may be at most.
    """

    what: str
    least: Callable[[Report], Sequence[float]]
    times: float


@attrs.frozen(kw_only=True)
class Goal:
    """
    What a median has to reach, or not to exceed.

    Args:
        what: What is measured.
        of: The field of the report that has it.
        values: Takes the values from there; one for each slice, round or start.
        bound: The least that their median may be, or the most.
        unit: The unit of all of them.
        is_ceiling: Whether the bound is the most.
        refusal: What may refuse it; only a ceiling can be.
    """

    what: str
    of: str
    values: Callable[[Any], Sequence[float]]
    bound: float
    unit: str
    is_ceiling: bool = False
    refusal: Refusal | None = None

    def judge(self, report: Report) -> Verdict:
        """Return how a run stands to it."""
        measured = getattr(report, self.of)
        if measured is None:
            return Verdict(goal=self, values=(), why=report.left_out[self.of])
        values = self.values(measured)
        least = self.refusal.least(report) if self.refusal else ()
        why = "" if values else "too little was done"
        return Verdict(goal=self, values=values, least=least, why=why)

    def __str__(self) -> str:
        return f"{'<=' if self.is_ceiling else '>='} {written(self.bound)} {self.unit}"


@attrs.frozen(kw_only=True)
class Verdict:
    """
    How a run stands to one goal.

    Args:
        goal: The goal.
        values: What was measured; nothing: it was not.
        why: Why it was not, if so.
        least: The least that anybody can reach here, if that was measured.
    """

    goal: Goal
    values: Sequence[float]
    why: str
    least: Sequence[float] = ()

    @property
    def figure(self) -> float | None:
        """The median of what was measured, if it was."""
        return median(self.values) if self.values else None

    @property
    def is_met(self) -> bool:
        """Whether it was measured, and is as it has to be."""
        if self.figure is None:
            return False
        if self.goal.is_ceiling:
            return self.figure <= self.goal.bound
        return self.figure >= self.goal.bound

    @property
    def is_refused(self) -> bool:
        """Whether it is missed because nobody can meet it here, and by no more than it may be."""
        refusal = self.goal.refusal
        if self.is_met or self.figure is None or refusal is None or not self.least:
            return False
        least = median(self.least)
        return self.goal.bound < least and self.figure <= refusal.times * least

    @property
    def passes(self) -> bool:
        """Whether it is met, or as near to it as can be asked for here."""
        return self.is_met or self.is_refused

    @property
    def shown(self) -> str:
        """The median, as people read it."""
        if self.figure is None:
            return "-"
        return f"{written(self.figure)} {self.goal.unit}"

    @property
    def said(self) -> str:
        """Whether it is met, in a word or two."""
        if self.figure is None:
            return "not measured"
        if self.is_refused:
            return "refused"
        return "met" if self.is_met else "missed"

    def __str__(self) -> str:
        if self.figure is None:
            return f"{self.goal.what}: {self.said}, because {self.why}"
        if self.goal.refusal and self.is_refused:
            least = (
                f"{self.goal.refusal.what} takes {written(median(self.least))} {self.goal.unit}"
            )
            return (
                f"{self.goal.what}: {self.said} with {self.shown}, the goal is {self.goal}, and "
                f"{least} here"
            )
        return f"{self.goal.what}: {self.said} with {self.shown}, the goal is {self.goal}"


def judged(report: Report) -> Sequence[Verdict]:
    """Return how a run stands to every goal."""
    return [goal.judge(report) for goal in GOALS]


def written(value: float) -> str:
    """
    Return a value as people read it.

    >>> written(15_000), written(0.63842), written(70.0)
    ('15,000', '0.6384', '70')
    """
    return f"{value:,.0f}" if value >= _WHOLE else f"{value:.4g}"


def _ratios(measured: Alternated) -> Sequence[float]:
    return measured.ratios


def _rates(measured: Sequence[Slice]) -> Sequence[float]:
    return [one.rate for one in measured]


def _late(measured: Alternated) -> Sequence[float]:
    return _late_of(measured.slices)


def _late_of(slices: Sequence[Slice]) -> Sequence[float]:
    return [1000 * latency for latency in latencies_at_part(slices, 0.99)]


def _latency(letter: str, refusal: Refusal | None = None) -> Goal:
    return Goal(
        what=f"{letter}, p99 at {PART:.0%}",
        of=letter.lower(),
        values=_late,
        bound=8,
        unit="ms",
        is_ceiling=True,
        refusal=refusal,
    )


def _start(role: str) -> Goal:
    return Goal(
        what=f"{role}, start",
        of="started",
        values=lambda started: started[role],
        bound=0.8,
        unit="s",
        is_ceiling=True,
    )


def _memory(role: str) -> Goal:
    return Goal(
        what=f"{role}, idle memory",
        of="memory",
        values=lambda memory: [memory[role]],
        bound=70,
        unit="MB",
        is_ceiling=True,
    )


GOALS: Final[Sequence[Goal]] = (
    Goal(what="R, reads", of="r", values=_ratios, bound=1.2, unit="E"),
    _latency(
        "R", Refusal(what="a bare echo", least=lambda report: _late_of(report.r.bases), times=2)
    ),
    Goal(what="W, webhooks", of="w", values=_ratios, bound=1.6, unit="P"),
    _latency(
        "W", Refusal(what="a bare endpoint", least=lambda report: _late_of(report.bare), times=2.5)
    ),
    Goal(what="C, conversions", of="c", values=_ratios, bound=0.2, unit="P"),
    Goal(what="orders without a signal", of="no_signal", values=_rates, bound=15_000, unit="/s"),
    Goal(what="relay's drain", of="drain", values=_rates, bound=40_000, unit="/s"),
    Goal(what="drain to a real Kafka", of="drain_kafka", values=_rates, bound=15_000, unit="/s"),
    *map(_start, ROLES),
    *map(_memory, ROLES),
    Goal(what="R, as referrals grow", of="growth_r", values=_ratios, bound=0.9, unit="x"),
    Goal(what="C, as referrals grow", of="growth_c", values=_ratios, bound=0.9, unit="x"),
)
"""All of them."""
