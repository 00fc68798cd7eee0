"""How a sandbox tells what it is doing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeAlias

Say: TypeAlias = Callable[[str], None]
"""Tells what came of a step."""


class Progress(Protocol):
    """Who is told."""

    @contextmanager
    def step(self, title: str) -> Iterator[Say]:
        """Time a step; it counts as done at the end of the block, unless that raises."""
        raise NotImplementedError


class Silence(Progress):
    """Nobody is told."""

    @contextmanager
    def step(self, title: str) -> Iterator[Say]:  # noqa: ARG002 - nobody is told
        """Do nothing."""
        yield lambda _: None
