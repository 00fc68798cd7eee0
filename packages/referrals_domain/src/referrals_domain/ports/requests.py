"""The calls that may be repeated."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from referrals_domain.model.request import Request


class Requests(Protocol):
    """The calls that may be repeated, one an id and merchant."""

    @abstractmethod
    async def add(self, request: Request) -> Request:
        """
        Remember a request, and return it; or return the one that has its id already.

        Whoever brings the same id meanwhile waits for the end of this transaction.
        """
