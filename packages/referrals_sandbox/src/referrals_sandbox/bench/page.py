"""What a bench run found, as one HTML page that loads nothing."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from referrals_sandbox.bench.cpu_chart import cpu_chart, style_of
from referrals_sandbox.bench.goals import judged, written
from referrals_sandbox.bench.limits import limits
from referrals_sandbox.bench.load import PART
from referrals_sandbox.bench.roles import roles_of
from referrals_sandbox.bench.text import machine
from referrals_sandbox.pages.charts import Bar, Column, Interval, bars, columns, intervals
from referrals_sandbox.pages.page import page, table, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from referrals_sandbox.bench.figures import Alternated
    from referrals_sandbox.bench.goals import Verdict
    from referrals_sandbox.bench.report import Report

_MILLISECONDS: Final = 1000
_STYLE: Final = ".beside { fill: var(--soft); opacity: .5; }\n"


def page_of(report: Report) -> str:
    """Return the page."""
    verdicts = judged(report)
    return page(
        title="Bench",
        style=_STYLE + style_of(report),
        parts=(
            "<h1>Reads, webhooks and conversions against their bases</h1>",
            verdict(_said(verdicts), holds=all(one.passes for one in verdicts)),
            f"<p>{escape(machine(report))}.</p>",
            *_goals(verdicts),
            *_latencies(report, verdicts),
            *_slices(report),
            *cpu_chart(report),
            *_roles(report, verdicts),
            "<h2>What it could not measure</h2>",
            f"<ul>{''.join(f'<li>{escape(one)}</li>' for one in limits(report))}</ul>",
        ),
    )


def _said(verdicts: Sequence[Verdict]) -> str:
    met = f"{sum(one.is_met for one in verdicts)} of {len(verdicts)} goals are met"
    refused = sum(one.is_refused for one in verdicts)
    return f"{met}; {refused} cannot be met on this machine." if refused else f"{met}."


def _goals(verdicts: Sequence[Verdict]) -> Iterable[str]:
    yield "<h2>Goals</h2>"
    yield table(
        ("What", "", "Median", "Goal", "Lowest", "Highest"),
        [(one.goal.what, one.said, one.shown, str(one.goal), *_spread(one)) for one in verdicts],
    )
    yield (
        "<p>Those to be reached, each as a part of its goal, which is the upright mark: the dot "
        "is the median, the line goes from the lowest to the highest.</p>"
    )
    yield _against([one for one in verdicts if not one.goal.is_ceiling], "Goals to be reached")


def _against(verdicts: Sequence[Verdict], title: str) -> str:
    return intervals(
        [
            Interval(
                name=one.goal.what,
                value=one.figure / one.goal.bound,
                lower=min(one.values) / one.goal.bound,
                upper=max(one.values) / one.goal.bound,
                mark=1.0,
                figure=one.shown,
            )
            for one in verdicts
            if one.figure is not None
        ],
        title=title,
    )


def _spread(one: Verdict) -> tuple[str, str]:
    return (written(min(one.values)), written(max(one.values))) if one.values else ("-", "-")


def _latencies(report: Report, verdicts: Sequence[Verdict]) -> Iterable[str]:
    noted = [
        (f"{letter.name}{where}", p50 * _MILLISECONDS, p99 * _MILLISECONDS)
        for letter in report.letters
        for where, latency in (
            (", all it can do", letter.measured.latency),
            (f", at {PART:.0%} of that", letter.measured.latency_at_part),
        )
        if (p50 := latency(0.5)) is not None and (p99 := latency(0.99)) is not None
    ]
    yield "<h2>How long an answer takes</h2>"
    yield "<p>Milliseconds: half, and 99 of 100, took no longer.</p>"
    yield bars(
        [Bar(name, (("p50", p50), ("p99", p99 - p50)), f"{p99:,.1f}") for name, p50, p99 in noted],
        title="Latencies: p50 and p99",
    )
    yield table(
        ("What", "p50", "p99"), [(name, f"{p50:,.1f}", f"{p99:,.1f}") for name, p50, p99 in noted]
    )
    yield "<p>The p99 against its goal, over which it should not be:</p>"
    own = {letter.name.lower() for letter in report.letters}
    late = [one for one in verdicts if one.goal.is_ceiling and one.goal.of in own]
    yield _against(late, "Latencies against their goals")


def _slices(report: Report) -> Iterable[str]:
    yield "<h2>The slices of the run</h2>"
    yield "<p>How many a second, in the order in which they were measured.</p>"
    for letter in report.letters:
        yield f"<h3>{letter.name} between slices of {letter.base}</h3>"
        yield columns(
            _in_turns(letter.measured, letter.base, letter.name),
            title=f"Slices of {letter.name} and {letter.base}",
        )
    for name, growth in (("R", report.growth_r), ("C", report.growth_c)):
        if growth is not None:
            yield f"<h3>{name} with many referrals, between few</h3>"
            yield columns(
                _in_turns(growth, "few", "many"), title=f"Slices of {name} as referrals grow"
            )
    if report.rates:
        yield "<h3>Without a base</h3>"
        yield table(
            ("What", "A second, in turn"),
            [
                (name, ", ".join(f"{one.rate:,.0f}" for one in slices))
                for name, slices in report.rates
            ],
        )


def _in_turns(measured: Alternated, base: str, name: str) -> Sequence[Column]:
    bases = [Column(base, "beside", one.rate, f"{one.rate:,.0f}") for one in measured.bases]
    slices = [Column(name, "value", one.rate, f"{one.rate:,.0f}") for one in measured.slices]
    turns = zip(bases, slices, strict=False)
    return [*(column for turn in turns for column in turn), bases[-1]]


def _roles(report: Report, verdicts: Sequence[Verdict]) -> Iterable[str]:
    letters = [letter.name for letter in report.letters]
    yield "<h2>CPU and memory of each role</h2>"
    yield (
        "<p>Seconds from its start until it was ready; MB of 10<sup>6</sup> bytes when it was "
        "idle, and at most under load; CPU in microseconds for one of each letter.</p>"
    )
    yield table(
        ("Role", "Ready, s", "Idle, MB", "Most, MB", *(f"{letter}, us" for letter in letters)),
        [
            (
                role.name,
                f"{role.ready:.2f}",
                f"{role.idle:.1f}",
                "-" if role.peak is None else f"{role.peak:.1f}",
                *(f"{role.cpu[one]:,.0f}" if one in role.cpu else "-" for one in letters),
            )
            for role in roles_of(report)
        ],
    )
    yield "<p>Starts and idle memory against their goals, over which they should not be:</p>"
    for of, title in (("started", "Starts"), ("memory", "Idle memory")):
        yield _against(
            [one for one in verdicts if one.goal.of == of], f"{title} against their goals"
        )
