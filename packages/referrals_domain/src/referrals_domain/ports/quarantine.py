"""Where bodies go that nobody could read."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.delivery import UnreadableBody


class Quarantine(Protocol):
    """The correctly signed bodies that could not be understood."""

    @abstractmethod
    async def add(self, bodies: Sequence[UnreadableBody]) -> None:
        """Keep bodies; one that is kept already is not kept twice."""
