"""Who of many does a thing that one must do."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager


class Leadership(Protocol):
    """Who of many does a thing that one must do."""

    @abstractmethod
    def held(self) -> AbstractAsyncContextManager[None]:
        """
        Wait until this process leads, and lead within the block.

        When leadership is lost within the block, its task is cancelled and the block raises.

        Raises:
            Unavailable: Leadership was lost, or whoever grants it is away.
        """
