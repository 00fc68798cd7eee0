"""The privacy requests in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.privacy import PrivacyKind, PrivacyRequest
from referrals_domain.ports.privacy_requests import PrivacyRequests
from referrals_domain.testing.memory.state import State, StoredPrivacyRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from referrals_domain.model.identifiers import CustomerKey, MerchantId
    from referrals_domain.model.privacy import PrivacyCall


@attrs.frozen
class InMemoryPrivacyRequests(PrivacyRequests):
    """The privacy requests in memory."""

    state: State

    async def add(
        self,
        merchant_id: MerchantId,
        call: PrivacyCall,
        *,
        key: str,
        touched: Mapping[str, int],
    ) -> bool:
        """Store what a call asks for, once."""
        stored = self.state.privacy_requests
        known = {(one.request.merchant_id, one.request.kind, one.key) for one in stored.values()}
        if (merchant_id, call.kind, key) in known:
            return False
        id_ = max(stored, default=0) + 1
        request = PrivacyRequest(
            id=id_,
            merchant_id=merchant_id,
            kind=call.kind,
            customer_id=call.customer_id,
            received_at=call.received_at,
            touched=touched,
        )
        stored[id_] = StoredPrivacyRequest(request=request, key=key)
        return True

    async def all(self) -> Sequence[PrivacyRequest]:
        """Return them, those that came first first."""
        requests = [one.request for one in self.state.privacy_requests.values()]
        return sorted(requests, key=lambda one: (one.received_at, one.id))

    async def answer(
        self, customer: CustomerKey, *, at: datetime, touched: Mapping[str, int]
    ) -> int:
        """Note that the open data requests of a customer are done."""
        answered = {
            id_: one
            for id_, one in self.state.privacy_requests.items()
            if one.request.customer == customer and one.request.kind is PrivacyKind.DATA_REQUEST
        }
        for id_, one in answered.items():
            done = attrs.evolve(one.request, customer_id=None, done_at=at, touched=touched)
            self.state.privacy_requests[id_] = attrs.evolve(one, request=done)
        return len(answered)
