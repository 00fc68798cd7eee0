"""A report as one HTML page: readable on a phone and in the dark, and it loads nothing."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --paper: #fff; --line: #d5dbe3;
  --good: #1a6fd0; --bad: #c2410c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf2; --soft: #a3adba; --paper: #14181f;
  --line: #333c49; --good: #6cb0ff; --bad: #ff9a62; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.2rem; }
p, li { color: var(--soft); }
svg { width: 100%; min-width: 30rem; height: auto; }
svg text { font-size: 14px; fill: var(--ink); }
.interval { stroke: var(--good); stroke-width: 3; }
.value, .p50 { fill: var(--good); }
.mark { stroke: var(--bad); stroke-width: 3; }
.p95 { fill: var(--good); opacity: .55; }
.p99 { fill: var(--good); opacity: .25; }
div { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child { text-align: left; }
td:not(:first-child) { white-space: nowrap; }
.verdict { font-weight: 600; color: var(--good); }
.verdict.fails { color: var(--bad); }
"""


def page(*, title: str, style: str = "", parts: Iterable[str]) -> str:
    """
    Return a page.

    Args:
        title: Its title.
        style: What it needs beside what all pages have; colours are `--good` and the like.
        parts: The HTML of its parts.
    """
    return "\n".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{_STYLE}{style}</style></head><body>",
            *parts,
            "</body></html>\n",
        )
    )


def verdict(said: str, *, holds: bool) -> str:
    """Return how it went, which is what people look for first."""
    return f'<p class="verdict{"" if holds else " fails"}">{escape(said)}</p>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; it scrolls where it is wider than the screen."""
    heading = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<div><table><thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table></div>"
