"""The calls that may be repeated."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from referrals_domain.model.identifiers import RequestKey
    from referrals_domain.model.request import Request


class Requests(Protocol):
    """The calls that may be repeated, one an id and merchant."""

    @abstractmethod
    async def get(self, keys: Collection[RequestKey]) -> Mapping[RequestKey, Request]:
        """Return those that were remembered."""

    @abstractmethod
    async def add(self, requests: Sequence[Request]) -> Mapping[RequestKey, Request]:
        """
        Remember requests whose ids are new, and return the first that had each of these ids.

        Whoever brings one of these ids meanwhile waits for the end of this transaction.
        """
