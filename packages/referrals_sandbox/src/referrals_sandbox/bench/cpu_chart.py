"""The part of the page that tells where CPU goes: each process in a colour of its party."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from referrals_sandbox.bench.figures import cpu_each
from referrals_sandbox.bench.load import LOAD
from referrals_sandbox.bench.parties import (
    BASE,
    OURS,
    SERVERS,
    STAND_INS,
    by_kind,
    by_party,
    party,
)
from referrals_sandbox.bench.roles import LEAST
from referrals_sandbox.pages.charts import Bar, bars
from referrals_sandbox.pages.page import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from referrals_sandbox.bench.figures import Slice
    from referrals_sandbox.bench.report import Report

_HUES: Final = {OURS: 212, SERVERS: 150, STAND_INS: 40, BASE: 285, LOAD: 5}
_DARKEST, _LIGHTEST = 38, 74  # percent: both can be told from light paper and from dark


def style_of(report: Report) -> str:
    """Return the style of it."""
    kinds = _kinds(_spent(report))
    rules = [
        ".key { font-weight: normal; white-space: nowrap; margin-right: .8em; }",
        ".key b { display: inline-block; width: .9em; height: .9em; }",
    ]
    for owner, hue in _HUES.items():
        own = [kind for kind in kinds if party(kind) == owner]
        step = (_LIGHTEST - _DARKEST) / max(len(own) - 1, 1)
        for number, kind in enumerate(own):
            colour = f"hsl({hue} 55% {_DARKEST + number * step:.0f}%)"
            rules.append(f".{kind} {{ fill: {colour}; background: {colour}; }}")
    return "\n".join(rules)


def cpu_chart(report: Report) -> Iterable[str]:
    """Return it."""
    spent = _spent(report)
    kinds = _kinds(spent)
    yield "<h2>Where CPU goes</h2>"
    yield "<p>Microseconds for one of each letter, on all CPUs.</p>"
    keys = (f'<b class="key"><b class="{kind}"></b> {escape(kind)}</b>' for kind in kinds)
    yield f"<p>{' '.join(keys)}</p>"
    yield bars(
        [
            Bar(letter, [(kind, each.get(kind, 0.0)) for kind in kinds], _all(each))
            for letter, each in spent.items()
        ],
        title="CPU of each process for one of each letter",
    )
    yield table(
        ("", *spent), [(kind, *(_shown(each, kind) for each in spent.values())) for kind in kinds]
    )
    sums = [by_party(each) for each in spent.values()]
    yield table(
        ("All of", *spent),
        [(owner, *(_shown(each, owner) for each in sums)) for owner in _HUES],
    )


def _spent(report: Report) -> Mapping[str, Mapping[str, float]]:
    """Return what each kind of process spends for one of each letter and base."""
    slices: dict[str, Sequence[Slice]] = {}
    for letter in report.letters:
        slices.setdefault(letter.base, letter.measured.bases)
        slices[letter.name] = letter.measured.slices
    return {
        letter: {kind: us for kind, us in by_kind(cpu_each(every)).items() if us >= LEAST}
        for letter, every in slices.items()
    }


def _kinds(spent: Mapping[str, Mapping[str, float]]) -> Sequence[str]:
    """Return who spends anything, party by party."""
    kinds = {kind for each in spent.values() for kind in each}
    return sorted(kinds, key=lambda kind: ([*_HUES].index(party(kind)), kind))


def _all(each: Mapping[str, float]) -> str:
    return f"{sum(each.values()):,.0f}"


def _shown(each: Mapping[str, float], name: str) -> str:
    return f"{each[name]:,.0f}" if name in each else "-"
