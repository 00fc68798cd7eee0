"""Progress for people: a line a step, with its time; a moving one on a terminal."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs
from rich.text import Text

from referrals_sandbox.composition.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from referrals_sandbox.composition.progress import Say

_TITLE = 15  # characters, the longest title and two blanks


@attrs.frozen(kw_only=True)
class Step:
    """
    A step that held.

    Args:
        title: What it is called.
        seconds: How long it took.
        said: What came of it.
    """

    title: str
    seconds: float
    said: str


class Telling(Progress):
    """
    Writes each step to a console once it is done.

    Args:
        console: Where to write; on a terminal the current step moves.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = time.monotonic()
        self.steps: list[Step] = []

    @contextmanager
    def step(self, title: str) -> Iterator[Say]:
        """Time a step and write it down, with what came of it."""
        said: list[str] = []
        begun = time.monotonic()
        with self._console.status(title, spinner="line"):
            yield said.append
        step = Step(title=title, seconds=round(time.monotonic() - begun, 2), said="; ".join(said))
        self.steps.append(step)
        line = Text.assemble(
            ("ok ", "bold green"),
            (f"{step.seconds:6.2f} s  ", "dim"),
            (title.ljust(_TITLE), "bold"),
            step.said,
        )
        self._console.print(line, soft_wrap=True)

    def total(self) -> float:
        """Return the seconds since the beginning."""
        return time.monotonic() - self._begun
