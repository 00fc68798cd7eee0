"""The report of a load run as one HTML page that loads nothing."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from referrals_sandbox.load.charts import Bar, Interval, bars, intervals
from referrals_sandbox.load.kinds import Kind
from referrals_sandbox.load.report import part

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from referrals_sandbox.load.report import Report

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --paper: #fff; --line: #d5dbe3;
  --good: #1a6fd0; --bad: #c2410c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf2; --soft: #a3adba; --paper: #14181f;
  --line: #333c49; --good: #6cb0ff; --bad: #ff9a62; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.2rem; }
p { color: var(--soft); }
svg { width: 100%; height: auto; }
svg text { font-size: 14px; fill: var(--ink); }
.interval { stroke: var(--good); stroke-width: 3; }
.rate, .passed, .p50 { fill: var(--good); }
.truth { stroke: var(--bad); stroke-width: 3; }
.refused { fill: var(--bad); }
.p95 { fill: var(--good); opacity: .55; }
.p99 { fill: var(--good); opacity: .25; }
div { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child { text-align: left; }
.verdict { font-weight: 600; color: var(--good); }
.verdict.fails { color: var(--bad); }
"""


def page(report: Report) -> str:
    """Return the page."""
    plan, verdict = report.plan, report.verdict
    failed = "" if verdict.holds else " fails"
    said = "Everything that must hold does." if verdict.holds else "Something does not hold."
    return "\n".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Load: {plan.shares:,} shares</title><style>{_STYLE}</style></head><body>",
            f"<h1>{plan.shares:,} shares by SMS at {plan.conversion:.1%}</h1>",
            f'<p class="verdict{failed}">{said}</p>',
            f"<p>{escape(report.pace)}. Seed {plan.seed}; {escape(report.machine)}.</p>",
            *_rates(report),
            *_refusals(report),
            *_latencies(report),
            *_findings(report),
            "</body></html>\n",
        )
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
        [Interval(name, one.truth, got.rate, got.lower, got.upper) for name, one, got in known],
        title="Measured rates and their intervals against the truth",
    )
    yield _table(
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
    verdict = report.verdict
    blocked = len(verdict.findings["honest_household_blocked"])
    yield "<h2>Suspicious orders</h2>"
    yield (
        f"<p>Of the refused orders {part(verdict.precision)} are suspicious (precision); of the "
        f"suspicious {part(verdict.recall)} were refused (recall). Honest households blocked: "
        f"{blocked}. {verdict.kinds[Kind.HONEST].orders if Kind.HONEST in verdict.kinds else 0:,} "
        "honest orders are not shown.</p>"
    )
    yield bars(
        [
            Bar(
                kind.replace("_", " "),
                (("refused", one.refused), ("passed", one.orders - one.refused)),
                f"{one.refused} of {one.orders}",
            )
            for kind, one in verdict.kinds.items()
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
    yield _table(
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
    yield _table(
        ("What", "How often"),
        [
            (name.replace("_", " "), f"{len(found):,}")
            for name, found in report.verdict.findings.items()
        ],
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    heading = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<div><table><thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table></div>"
