"""The time."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    """The current time."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the time with its time zone, UTC."""
