"""The requests in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.requests import Requests
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from referrals_domain.model.identifiers import RequestKey
    from referrals_domain.model.request import Request


@attrs.frozen
class InMemoryRequests(Requests):
    """The requests in memory."""

    state: State

    async def get(self, keys: Collection[RequestKey]) -> Mapping[RequestKey, Request]:
        """Return those that were remembered."""
        stored = self.state.requests
        return {key: stored[key] for key in keys if key in stored}

    async def add(self, requests: Sequence[Request]) -> Mapping[RequestKey, Request]:
        """Remember those whose ids are new; the whole store is locked."""
        return {one.key: self.state.requests.setdefault(one.key, one) for one in requests}
