"""Values of the model as rows, and back."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import attrs

from referrals_adapters.wire.documents import from_document, to_document
from referrals_domain.model.attribution import Attribution
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.evidence import Evidence
from referrals_domain.model.explanation import Explanation
from referrals_domain.model.identifiers import (
    CustomerId,
    LinkId,
    MerchantId,
    OrderId,
    ReferralId,
    RequestId,
    ShopDomain,
)
from referrals_domain.model.link import Channel, ReferralLink
from referrals_domain.model.order import OrderFacts, ReferredOrder
from referrals_domain.model.program import CompleteOn, ReferralProgram
from referrals_domain.model.referral import Cause, Referral, ReferralStatus
from referrals_domain.model.request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_adapters.postgres.row import Row


def to_row(value: ReferralProgram | ReferralLink | Referral) -> Mapping[str, Any]:
    """Return the row of a value whose table has one column for each of its fields."""
    return attrs.asdict(value, recurse=False)


def to_program(row: Row) -> ReferralProgram:
    """Read a row of `programs`."""
    return ReferralProgram(
        **{
            **row,
            "merchant_id": MerchantId(row.merchant_id),
            "shop_domain": ShopDomain(row.shop_domain),
            "complete_on": CompleteOn(row.complete_on),
        }
    )


def to_link(row: Row) -> ReferralLink:
    """Read a row of `referral_links`."""
    return ReferralLink(
        id=LinkId(row.id),
        merchant_id=MerchantId(row.merchant_id),
        customer_id=CustomerId(row.customer_id),
        code=ReferralCode(row.code),
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )


def to_referral(row: Row) -> Referral:
    """Read a row of `referrals`."""
    friend = row.referred_customer_id
    return Referral(
        id=ReferralId(row.id),
        merchant_id=MerchantId(row.merchant_id),
        customer_id=CustomerId(row.customer_id),
        referral_link_id=LinkId(row.referral_link_id),
        channel=Channel(row.channel) if row.channel else None,
        status=ReferralStatus(row.status),
        cause=Cause(row.cause),
        version=row.version,
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        order_id=OrderId(row.order_id) if row.order_id else None,
        referred_customer_id=CustomerId(friend) if friend else None,
        due_at=row.due_at,
    )


def order_to_row(order: ReferredOrder) -> Mapping[str, Any]:
    """Return the row of an order in `referred_orders`."""
    placed_at = order.facts.placed_at
    return {
        "merchant_id": order.merchant_id,
        "order_id": order.facts.order_id,
        "facts": to_document(order.facts),
        "evidence": to_document(order.evidence),
        "attribution": to_document(order.attribution) if order.attribution else None,
        "referral_id": order.referral_id,
        "placed_on": placed_at.astimezone(UTC).date() if placed_at else None,
        "explanation": to_document(order.explanation) if order.explanation else None,
        "address": order.facts.address,
    }


def to_order(row: Row) -> ReferredOrder:
    """Read a row of `referred_orders`."""
    attribution, explanation = row.attribution, row.explanation
    return ReferredOrder(
        merchant_id=MerchantId(row.merchant_id),
        facts=from_document(OrderFacts, row.facts),
        evidence=from_document(Evidence, row.evidence),
        attribution=from_document(Attribution, attribution) if attribution else None,
        referral_id=ReferralId(row.referral_id) if row.referral_id else None,
        explanation=from_document(Explanation, explanation) if explanation else None,
    )


def request_to_row(request: Request) -> Mapping[str, Any]:
    """Return the row of a request in `requests`."""
    row = attrs.asdict(request)
    return {"request_id": row.pop("id"), **row}


def to_request(row: Row) -> Request:
    """Read a row of `requests`."""
    return Request(
        merchant_id=MerchantId(row.merchant_id),
        id=RequestId(row.request_id),
        fingerprint=row.fingerprint,
        resource_id=row.resource_id,
        created_at=row.created_at,
    )
