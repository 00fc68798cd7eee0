"""The goals, and whether a run met them: a goal holds a median against its bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import attrs

from referrals_sandbox.bench.figures import latencies_at_part
from referrals_sandbox.bench.footprint import ROLES
from referrals_sandbox.bench.load import PART

if TYPE_CHECKING:
    from referrals_sandbox.bench.figures import Alternated, Slice
    from referrals_sandbox.bench.report import Report

_WHOLE: Final = 1000  # from here on nobody reads a fraction


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
        refusal: What may refuse it, if anything can.
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
        base = self.refusal.base.judge(report) if self.refusal else None
        why = "" if values else "too little was done"
        return Verdict(goal=self, values=values, base=base, why=why)

    def holds(self, figure: float, bound: float) -> bool:
        """Tell whether a figure is as a bound has it."""
        return figure <= bound if self.is_ceiling else figure >= bound

    def __str__(self) -> str:
        return f"{'<=' if self.is_ceiling else '>='} {written(self.bound)} {self.unit}"


@attrs.frozen(kw_only=True)
class Refusal:
    """
    What shows that a goal cannot be met on a machine, and what is asked for there.

    Args:
        base: What is easier, or as good as one can be: the goal is refused where this is missed.
        asked: From what the base reached, what is asked for instead.
    """

    base: Goal
    asked: Callable[[float], float]


@attrs.frozen(kw_only=True)
class Verdict:
    """
    How a run stands to one goal.

    Args:
        goal: The goal.
        values: What was measured; nothing: it was not.
        why: Why it was not, if so.
        base: How the run stands to what may refuse it, if anything may.
    """

    goal: Goal
    values: Sequence[float]
    why: str
    base: Verdict | None = None

    @property
    def figure(self) -> float | None:
        """The median of what was measured, if it was."""
        return median(self.values) if self.values else None

    @property
    def is_met(self) -> bool:
        """Whether it was measured, and is as it has to be."""
        return self.figure is not None and self.goal.holds(self.figure, self.goal.bound)

    @property
    def is_refused(self) -> bool:
        """Whether it is missed because nobody can meet it here, and by no more than it may be."""
        refusal, base = self.goal.refusal, self.base
        if self.is_met or self.figure is None or refusal is None or base is None:
            return False
        if base.is_met or base.figure is None:
            return False
        return self.goal.holds(self.figure, refusal.asked(base.figure))

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
        said = f"{self.goal.what}: {self.said} with {self.shown}, the goal is {self.goal}"
        if self.base is not None and self.is_refused:
            base = self.base
            return f"{said}, and {base.goal.what} is at {base.shown} here, not {base.goal}"
        return said


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


def _base_rates(measured: Alternated) -> Sequence[float]:
    return _rates(measured.bases)


def _late(measured: Alternated) -> Sequence[float]:
    return _late_of(measured.slices)


def _late_of(slices: Sequence[Slice]) -> Sequence[float]:
    return [1000 * latency for latency in latencies_at_part(slices, 0.99)]


_LATE: Final = 8.0  # ms
_WITHOUT_SIGNAL: Final = 15_000.0  # /s
_START: Final = 0.8  # s

_ECHO: Final = Goal(what="a bare echo", of="r", values=_base_rates, bound=5_650, unit="/s")
"""What E did where the goals in plain numbers were set."""

_BARE_RATE: Final = Goal(
    what="a bare endpoint", of="bare", values=_rates, bound=_WITHOUT_SIGNAL, unit="/s"
)
_BARE_LATENCY: Final = Goal(
    what="a bare endpoint", of="bare", values=_late_of, bound=_LATE, unit="ms", is_ceiling=True
)


def _as_slow(bound: float, *, is_ceiling: bool) -> Refusal:
    """Ask for a plain number by as much less as E is less than it was where that was set."""

    def asked(echoes: float) -> float:
        speed = echoes / _ECHO.bound
        return bound / speed if is_ceiling else bound * speed

    return Refusal(base=_ECHO, asked=asked)


def _latency(letter: str, refusal: Refusal) -> Goal:
    return Goal(
        what=f"{letter}, p99 at {PART:.0%}",
        of=letter.lower(),
        values=_late,
        bound=_LATE,
        unit="ms",
        is_ceiling=True,
        refusal=refusal,
    )


def _start(role: str) -> Goal:
    return Goal(
        what=f"{role}, start",
        of="started",
        values=lambda started: started[role],
        bound=_START,
        unit="s",
        is_ceiling=True,
        refusal=_as_slow(_START, is_ceiling=True),
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


def _drain(what: str, of: str, bound: float) -> Goal:
    refusal = _as_slow(bound, is_ceiling=False)
    return Goal(what=what, of=of, values=_rates, bound=bound, unit="/s", refusal=refusal)


GOALS: Final[Sequence[Goal]] = (
    Goal(what="R, reads", of="r", values=_ratios, bound=1.2, unit="E"),
    _latency("R", _as_slow(_LATE, is_ceiling=True)),
    Goal(what="W, webhooks", of="w", values=_ratios, bound=1.6, unit="P"),
    _latency("W", Refusal(base=_BARE_LATENCY, asked=lambda bare: 2.5 * bare)),
    Goal(what="C, conversions", of="c", values=_ratios, bound=0.2, unit="P"),
    Goal(
        what="orders without a signal",
        of="no_signal",
        values=_rates,
        bound=_WITHOUT_SIGNAL,
        unit="/s",
        refusal=Refusal(base=_BARE_RATE, asked=lambda bare: bare / 2),
    ),
    _drain("relay's drain", "drain", 40_000),
    _drain("drain to a real Kafka", "drain_kafka", 15_000),
    *map(_start, ROLES),
    *map(_memory, ROLES),
    Goal(what="R, as referrals grow", of="growth_r", values=_ratios, bound=0.9, unit="x"),
    Goal(what="C, as referrals grow", of="growth_c", values=_ratios, bound=0.9, unit="x"),
)
"""All of them."""
