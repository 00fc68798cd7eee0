"""How a sandbox tells what it is doing."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeAlias

Say: TypeAlias = Callable[[str], None]
"""Tells what came of a step."""


class Progress(Protocol):
    """Who is told."""

    @abstractmethod
    def step(self, title: str) -> AbstractContextManager[Say]:
        """Time a step; it counts as done at the end of the block, unless that raises."""


class Silence(Progress):
    """Nobody is told."""

    @contextmanager
    def step(self, title: str) -> Iterator[Say]:  # noqa: ARG002 - nobody is told
        """Do nothing."""
        yield lambda _: None
