"""The redactions that wait for a worker."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from referrals_domain.model.privacy import PrivacyRequest


class PrivacyWork(Protocol):
    """The redactions that wait for a worker."""

    @abstractmethod
    async def waiting(self, limit: int) -> Sequence[PrivacyRequest]:
        """Return up to `limit` of them, oldest first."""

    @abstractmethod
    async def lock(self, id_: int) -> PrivacyRequest | None:
        """
        Return one; None if it is done, or another worker has it.

        The transaction seizes the merchant first: what is cleared may be what another locked.
        """

    @abstractmethod
    async def progress(
        self, id_: int, touched: Mapping[str, int], *, done_at: datetime | None = None
    ) -> None:
        """Add to what one touched; once it is done, forget whom it was about."""

    @abstractmethod
    async def clear(self, id_: int) -> int:
        """Delete the other requests of its merchant, and return how many they were."""
