"""The goals, and whether a run met them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import attrs

from referrals_sandbox.bench.figures import Alternated, median_rate
from referrals_sandbox.bench.footprint import ROLES
from referrals_sandbox.bench.load import PART

if TYPE_CHECKING:
    from referrals_sandbox.bench.report import Report

_MILLISECONDS: Final = 1000


@attrs.frozen(kw_only=True)
class Goal:
    """
    What a figure has to reach, or not to exceed.

    Args:
        what: What is measured.
        bound: The least that it may be, or the most.
        unit: The unit of both.
        of: The field of the report that has it.
        figure: Takes it from there; None: there is none.
        is_ceiling: Whether the bound is the most.
    """

    what: str
    bound: float
    unit: str
    of: str
    figure: Callable[[Any], float | None]
    is_ceiling: bool = False

    def judge(self, report: Report) -> Verdict:
        """Return how a run stands to it."""
        measured = getattr(report, self.of)
        if measured is None:
            return Verdict(goal=self, figure=None, why=report.left_out[self.of])
        figure = self.figure(measured)
        return Verdict(goal=self, figure=figure, why="too little was done" * (figure is None))

    def __str__(self) -> str:
        return f"{'<=' if self.is_ceiling else '>='} {self.shown(self.bound)}"

    def shown(self, figure: float) -> str:
        """Return a figure of it with its unit, as people read it."""
        return f"{_written(figure)} {self.unit}"


@attrs.frozen(kw_only=True)
class Verdict:
    """
    How a run stands to one goal.

    Args:
        goal: The goal.
        figure: What was measured; None: nothing.
        why: Why nothing was, if so.
    """

    goal: Goal
    figure: float | None
    why: str

    @property
    def is_met(self) -> bool:
        """Whether it was measured, and reached."""
        if self.figure is None:
            return False
        if self.goal.is_ceiling:
            return self.figure <= self.goal.bound
        return self.figure >= self.goal.bound

    @property
    def shown(self) -> str:
        """What was measured, as people read it."""
        return "-" if self.figure is None else self.goal.shown(self.figure)

    @property
    def said(self) -> str:
        """Whether it is met, in words."""
        if self.figure is None:
            return f"not measured, because {self.why}"
        return "met" if self.is_met else "missed"

    def __str__(self) -> str:
        if self.figure is None or self.is_met:
            return f"{self.goal.what}: {self.said}"
        return f"{self.goal.what}: {self.said} with {self.shown}, not {self.goal}"


def judged(report: Report) -> Sequence[Verdict]:
    """Return how a run stands to every goal."""
    return [goal.judge(report) for goal in GOALS]


def _ratio(measured: Alternated) -> float:
    return measured.ratio


def _p99_at_part(measured: Alternated) -> float | None:
    latency = measured.latency_at_part(0.99)
    return None if latency is None else latency * _MILLISECONDS


def _start(role: str) -> Goal:
    return Goal(
        what=f"{role}, start to ready",
        of="started",
        figure=lambda started: median(started[role]),
        bound=0.8,
        unit="s",
        is_ceiling=True,
    )


def _memory(role: str) -> Goal:
    return Goal(
        what=f"{role}, memory when idle",
        of="memory",
        figure=lambda memory: memory[role],
        bound=70,
        unit="MB",
        is_ceiling=True,
    )


def _latency(letter: str) -> Goal:
    return Goal(
        what=f"{letter}, p99 at {PART:.0%} of its most",
        of=letter.lower(),
        figure=_p99_at_part,
        bound=8,
        unit="ms",
        is_ceiling=True,
    )


GOALS: Final[Sequence[Goal]] = (
    Goal(what="R, reads", of="r", figure=_ratio, bound=1.2, unit="E"),
    _latency("R"),
    Goal(what="W, webhooks", of="w", figure=_ratio, bound=1.6, unit="P"),
    _latency("W"),
    Goal(what="C, conversions", of="c", figure=_ratio, bound=0.2, unit="P"),
    Goal(
        what="orders without a signal",
        of="no_signal",
        figure=median_rate,
        bound=15_000,
        unit="/s",
    ),
    Goal(what="relay's drain", of="drain", figure=median_rate, bound=40_000, unit="/s"),
    Goal(
        what="relay's drain to a real Kafka",
        of="drain_kafka",
        figure=median_rate,
        bound=15_000,
        unit="/s",
    ),
    *map(_start, ROLES),
    *map(_memory, ROLES),
    Goal(what="R, as referrals grow", of="growth_r", figure=_ratio, bound=0.9, unit="of it"),
    Goal(what="C, as referrals grow", of="growth_c", figure=_ratio, bound=0.9, unit="of it"),
)
"""All of them."""


_WHOLE: Final = 20  # from here on nobody asks for a fraction


def _written(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= _WHOLE else f"{figure:.3g}"
