"""The redactions that wait, in memory."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.privacy import PrivacyKind, PrivacyRequest
from referrals_domain.ports.privacy_work import PrivacyWork
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


@attrs.frozen
class InMemoryPrivacyWork(PrivacyWork):
    """The redactions that wait, in memory."""

    state: State

    async def waiting(self, limit: int) -> Sequence[PrivacyRequest]:
        """Return those that wait."""
        requests = [one.request for one in self.state.privacy_requests.values()]
        return sorted(filter(_waits, requests), key=lambda one: (one.received_at, one.id))[:limit]

    async def lock(self, id_: int) -> PrivacyRequest | None:
        """Return one that waits; the whole store is locked."""
        stored = self.state.privacy_requests.get(id_)
        return stored.request if stored and _waits(stored.request) else None

    async def progress(
        self, id_: int, touched: Mapping[str, int], *, done_at: datetime | None = None
    ) -> None:
        """Add to what one touched."""
        stored = self.state.privacy_requests[id_]
        request = stored.request
        after = attrs.evolve(
            request,
            touched=dict(Counter(request.touched) + Counter(touched)),
            done_at=done_at,
            customer_id=None if done_at else request.customer_id,
        )
        self.state.privacy_requests[id_] = attrs.evolve(stored, request=after)

    async def clear(self, id_: int) -> int:
        """Delete the other requests of its merchant."""
        stored = self.state.privacy_requests
        merchant_id = stored[id_].request.merchant_id
        others = [
            other
            for other, one in stored.items()
            if one.request.merchant_id == merchant_id and other != id_
        ]
        for other in others:
            del stored[other]
        return len(others)


def _waits(request: PrivacyRequest) -> bool:
    return request.done_at is None and request.kind is not PrivacyKind.DATA_REQUEST
