"""How many bad inputs this run has tried on the running services."""

from __future__ import annotations

from collections import Counter
from typing import Final

TRIED: Final[Counter[str]] = Counter()
"""The number of inputs, by the edge that they were tried on."""


def tried(edge: str, number: int = 1) -> None:
    """Count inputs that an edge was tried with, and that it answered as it should."""
    TRIED[edge] += number


def summary() -> str | None:
    """Return one line for the end of the run; None if nothing was tried."""
    if not TRIED:
        return None
    edges = ", ".join(f"{edge} {number:,}" for edge, number in sorted(TRIED.items()))
    return f"bad inputs tried: {TRIED.total():,} ({edges})"
