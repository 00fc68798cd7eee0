"""Progress for people: a line a step, with its time; a moving one on a terminal."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.text import Text

from referrals_sandbox.composition.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from referrals_sandbox.composition.progress import Say

_TITLE = 15  # characters, the longest title and two blanks


class Telling(Progress):
    """
    Writes each step to a console once it is done.

    Args:
        console: Where to write; on a terminal the current step moves.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator[Say]:
        """Time a step and write it down, with what came of it."""
        said: list[str] = []
        begun = time.monotonic()
        with self._console.status(title, spinner="line"):
            yield said.append
        took = time.monotonic() - begun
        line = Text.assemble(
            ("ok ", "bold green"),
            (f"{took:6.2f} s  ", "dim"),
            (title.ljust(_TITLE), "bold"),
            "; ".join(said),
        )
        self._console.print(line, soft_wrap=True)

    def total(self) -> float:
        """Return the seconds since the beginning."""
        return time.monotonic() - self._begun
