"""Everything that is stored, as plain dictionaries."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

import attrs

from referrals_domain.model.decision import Transition
from referrals_domain.model.delivery import AcceptedDelivery, Outcome, UnreadableBody
from referrals_domain.model.identifiers import (
    CustomerKey,
    LinkKey,
    MerchantId,
    OrderKey,
    ReferralKey,
    RequestKey,
)
from referrals_domain.model.link import ReferralLink
from referrals_domain.model.merchant_key import MerchantKey
from referrals_domain.model.order import ReferredOrder
from referrals_domain.model.privacy import PrivacyRequest
from referrals_domain.model.program import ReferralProgram
from referrals_domain.model.referral import Referral
from referrals_domain.model.request import Request
from referrals_domain.model.visit import Visit
from referrals_domain.ports.outbox import OutboxEntry
from referrals_domain.ports.unpublished_events import Refused


@attrs.frozen(kw_only=True)
class StoredDelivery:
    """A delivery with what the queue knows of it."""

    accepted: AcceptedDelivery
    due_at: datetime
    attempts: int = 0
    outcome: Outcome | None = None


@attrs.frozen(kw_only=True)
class StoredPrivacyRequest:
    """A privacy request with what tells a repetition of it."""

    request: PrivacyRequest
    key: str


@attrs.define
class State:
    """One version of everything that is stored; its values are immutable."""

    links: dict[LinkKey, ReferralLink] = attrs.field(factory=dict)
    programs: dict[MerchantId, ReferralProgram] = attrs.field(factory=dict)
    referrals: dict[ReferralKey, Referral] = attrs.field(factory=dict)
    history: dict[tuple[ReferralKey, int], Transition] = attrs.field(factory=dict)
    orders: dict[OrderKey, ReferredOrder] = attrs.field(factory=dict)
    heard_of: dict[OrderKey, datetime] = attrs.field(factory=dict)
    requests: dict[RequestKey, Request] = attrs.field(factory=dict)
    deliveries: dict[int, StoredDelivery] = attrs.field(factory=dict)
    quarantine: dict[bytes, UnreadableBody] = attrs.field(factory=dict)
    outbox: dict[int, OutboxEntry] = attrs.field(factory=dict)
    refused: dict[int, Refused] = attrs.field(factory=dict)
    stale_statuses: dict[ReferralKey, int] = attrs.field(factory=dict)
    watermarks: dict[MerchantId, datetime] = attrs.field(factory=dict)
    visits: dict[Visit, int] = attrs.field(factory=dict)
    merchant_keys: dict[MerchantId, MerchantKey] = attrs.field(factory=dict)
    redactions: dict[CustomerKey, datetime] = attrs.field(factory=dict)
    privacy_requests: dict[int, StoredPrivacyRequest] = attrs.field(factory=dict)

    def copy(self) -> Self:
        """Return a state whose changes do not show in this one."""
        parts: dict[str, Any] = attrs.asdict(self, recurse=False)
        return type(self)(**{name: dict(part) for name, part in parts.items()})
