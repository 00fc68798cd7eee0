"""Charts as inline SVG: the page that shows them needs nothing else."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH: Final = 640
_LEFT: Final = 190  # for the names
_RIGHT: Final = 90  # for the figures
_ROW: Final = 34
_HIGHEST: Final = 140  # of the columns
_FLOOR: Final = _HIGHEST + 24  # on which they stand, with room for figures above


class Interval(NamedTuple):
    """
    A value as it was measured, and what it is held against.

    Args:
        name: Of what.
        value: The measured one.
        lower: The lower bound of its interval.
        upper: The upper one.
        mark: What it is held against.
        figure: What stands at its end.
    """

    name: str
    value: float
    lower: float
    upper: float
    mark: float
    figure: str


class Bar(NamedTuple):
    """
    Parts of a whole, laid end to end.

    Args:
        name: Of what.
        parts: The parts, each with the class that colours it.
        figure: What stands at its end.
    """

    name: str
    parts: Sequence[tuple[str, float]]
    figure: str


class Column(NamedTuple):
    """
    A column.

    Args:
        name: Of what; it stands below.
        kind: The class that colours it.
        size: How high it is.
        figure: What stands above.
    """

    name: str
    kind: str
    size: float
    figure: str


def intervals(rows: Sequence[Interval], *, title: str) -> str:
    """Draw each interval as a line, the value as a dot on it, and the mark upright."""
    most = max((max(row.upper, row.mark) for row in rows), default=0) or 1.0
    drawn = []
    for number, row in enumerate(rows):
        y = _middle(number)
        lower, value, upper, mark = (
            _x(one, most) for one in (row.lower, row.value, row.upper, row.mark)
        )
        drawn.append(
            _text(row.name, y)
            + f'<line class="interval" x1="{lower}" y1="{y}" x2="{upper}" y2="{y}"/>'
            f'<circle class="value" cx="{value}" cy="{y}" r="5"/>'
            f'<line class="mark" x1="{mark}" y1="{y - 11}" x2="{mark}" y2="{y + 11}"/>'
            + _figure(row.figure, y)
        )
    return _svg(drawn, title, _ROW * len(rows))


def bars(rows: Sequence[Bar], *, title: str) -> str:
    """Draw each row as a bar of its parts, all to one scale."""
    most = max((sum(size for _, size in row.parts) for row in rows), default=0) or 1.0
    drawn = []
    for number, row in enumerate(rows):
        y, begin = _middle(number), 0.0
        parts = _text(row.name, y)
        for kind, size in row.parts:
            x, end = _x(begin, most), _x(begin + size, most)
            parts += (
                f'<rect class="{escape(kind)}" x="{x}" y="{y - 9}" width="{end - x:.1f}" '
                f'height="18"/>'
            )
            begin += size
        drawn.append(parts + _figure(row.figure, y))
    return _svg(drawn, title, _ROW * len(rows))


def columns(row: Sequence[Column], *, title: str) -> str:
    """Draw columns side by side, all to one scale."""
    most = max((one.size for one in row), default=0) or 1.0
    wide = _WIDTH / max(len(row), 1)
    drawn = []
    for number, one in enumerate(row):
        height = one.size / most * _HIGHEST
        top, middle = _FLOOR - height, wide * (number + 0.5)
        drawn.append(
            f'<rect class="{escape(one.kind)}" x="{middle - 0.4 * wide:.1f}" y="{top:.1f}" '
            f'width="{0.8 * wide:.1f}" height="{height:.1f}"/>'
            + _centred(one.figure, middle, top - 6)
            + _centred(one.name, middle, _FLOOR + 18)
        )
    return _svg(drawn, title, _FLOOR + 26)


def _middle(number: int) -> int:
    return _ROW * number + _ROW // 2


def _x(value: float, most: float) -> float:
    return round(_LEFT + value / most * (_WIDTH - _LEFT - _RIGHT), 1)


def _text(name: str, y: int) -> str:
    return f'<text x="{_LEFT - 10}" y="{y + 5}" text-anchor="end">{escape(name)}</text>'


def _figure(text: str, y: int) -> str:
    return f'<text x="{_WIDTH}" y="{y + 5}" text-anchor="end">{escape(text)}</text>'


def _centred(text: str, x: float, y: float) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(text)}</text>'


def _svg(drawn: Sequence[str], title: str, height: int) -> str:
    return (
        f'<div><svg viewBox="0 0 {_WIDTH} {height}" role="img"><title>{escape(title)}</title>'
        f"{''.join(drawn)}</svg></div>"
    )
