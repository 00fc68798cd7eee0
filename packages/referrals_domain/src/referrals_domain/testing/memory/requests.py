"""The requests in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.requests import Requests
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from referrals_domain.model.request import Request


@attrs.frozen
class InMemoryRequests(Requests):
    """The requests in memory."""

    state: State

    async def add(self, request: Request) -> Request:
        """Remember a request, or return the one that has its id; the whole store is locked."""
        return self.state.requests.setdefault((request.merchant_id, request.id), request)
