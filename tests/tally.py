"""How much of what this run has tried."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

TRIED: Final[Counter[tuple[str, str]]] = Counter()
"""The number of each thing, by its kind."""


def tried(kind: str, number: int = 1, *, what: str = "bad inputs") -> None:
    """Count what was tried, and ended as it should."""
    TRIED[what, kind] += number


def summary() -> Iterator[str]:
    """Return a line for each thing, for the end of the run."""
    for what, entries in groupby(sorted(TRIED.items()), key=lambda entry: entry[0][0]):
        numbers = {kind: number for (_, kind), number in entries}
        kinds = ", ".join(f"{kind} {number:,}" for kind, number in numbers.items())
        yield f"{what} tried: {sum(numbers.values()):,} ({kinds})"
