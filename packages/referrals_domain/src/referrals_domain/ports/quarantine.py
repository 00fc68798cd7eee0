"""Where bodies go that nobody could read."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_domain.model.delivery import UnreadableBody
    from referrals_domain.model.identifiers import ShopDomain
    from referrals_domain.model.mentions import Mentions


class Quarantine(Protocol):
    """The correctly signed bodies that could not be understood."""

    @abstractmethod
    async def add(self, bodies: Sequence[UnreadableBody]) -> None:
        """Keep bodies; one that is kept already is not kept twice."""

    @abstractmethod
    async def forget(self, shop: ShopDomain, mentions: Mentions | None = None) -> int:
        """
        Delete bodies of a shop, and return how many they were.

        Args:
            shop: The shop that the header named, in whatever case.
            mentions: Whom a body mentions that is deleted; None: all are.
        """
