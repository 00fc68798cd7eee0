"""The report of a load run as one HTML page that loads nothing."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from referrals_sandbox.load.kinds import Kind
from referrals_sandbox.load.report import part
from referrals_sandbox.pages.charts import Bar, Interval, bars, intervals
from referrals_sandbox.pages.page import page, table, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from referrals_sandbox.load.report import Report

_STYLE: Final = """
.passed { fill: var(--good); }
.refused { fill: var(--bad); }
"""


def page_of(report: Report) -> str:
    """Return the page."""
    plan, holds = report.plan, report.verdict.holds
    said = "Everything that must hold does." if holds else "Something does not hold."
    return page(
        title=f"Load: {plan.shares:,} shares",
        style=_STYLE,
        parts=(
            f"<h1>{plan.shares:,} shares by SMS at {plan.conversion:.1%}</h1>",
            verdict(said, holds=holds),
            f"<p>{escape(report.pace)}. Seed {plan.seed}; {escape(report.machine)}.</p>",
            *_rates(report),
            *_refusals(report),
            *_latencies(report),
            *_findings(report),
        ),
    )


def _rates(report: Report) -> Iterable[str]:
    rates = report.verdict.rates
    yield "<h2>Conversion by channel</h2>"
    yield (
        "<p>The dot is the rate that GetFunnel reports, the line its 95 % interval, the upright "
        f"mark the truth. {escape('; '.join(report.asides))}.</p>"
    )
    known = [(name, one, one.measured) for name, one in rates.items() if one.measured]
    yield intervals(
        [
            Interval(name, got.rate, got.lower, got.upper, one.truth, f"{got.rate:.2%}")
            for name, one, got in known
        ],
        title="Measured rates and their intervals against the truth",
    )
    yield table(
        ("Channel", "Shares", "Truth", "Measured", "From", "To"),
        [
            (
                name,
                f"{one.shares:,}",
                f"{one.truth:.2%}",
                f"{got.rate:.2%}",
                f"{got.lower:.2%}",
                f"{got.upper:.2%}",
            )
            for name, one, got in known
        ],
    )


def _refusals(report: Report) -> Iterable[str]:
    judged = report.verdict
    blocked = len(judged.findings["honest_household_blocked"])
    yield "<h2>Suspicious orders</h2>"
    yield (
        f"<p>Of the refused orders {part(judged.precision)} are suspicious (precision); of the "
        f"suspicious {part(judged.recall)} were refused (recall). Honest households blocked: "
        f"{blocked}. {judged.kinds[Kind.HONEST].orders if Kind.HONEST in judged.kinds else 0:,} "
        "honest orders are not shown.</p>"
    )
    yield bars(
        [
            Bar(
                kind.replace("_", " "),
                (("refused", one.refused), ("passed", one.orders - one.refused)),
                f"{one.refused} of {one.orders}",
            )
            for kind, one in judged.kinds.items()
            if kind is not Kind.HONEST
        ],
        title="How many orders of each suspicious kind were refused",
    )


def _latencies(report: Report) -> Iterable[str]:
    steps = report.verdict.driven.steps
    yield "<h2>How long each step took</h2>"
    yield "<p>Milliseconds: half, 95 and 99 of 100 took no longer.</p>"
    yield bars(
        [
            Bar(
                step.name,
                (
                    ("p50", step.p50),
                    ("p95", step.p95 - step.p50),
                    ("p99", step.p99 - step.p95),
                ),
                f"{step.p99:,.0f}",
            )
            for step in steps
        ],
        title="Latency of each step: p50, p95 and p99",
    )
    yield table(
        ("Step", "Calls", "Failed", "p50", "p95", "p99"),
        [
            (
                step.name,
                f"{step.calls:,}",
                f"{step.failures:,}",
                *(f"{one:,.0f}" for one in (step.p50, step.p95, step.p99)),
            )
            for step in steps
        ],
    )


def _findings(report: Report) -> Iterable[str]:
    yield "<h2>What must not be</h2>"
    yield table(
        ("What", "How often"),
        [
            (name.replace("_", " "), f"{len(found):,}")
            for name, found in report.verdict.findings.items()
        ],
    )
