"""What is kept of a customer, as JSON that a merchant hands on to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from referrals_domain.model.identifiers import CustomerId
    from referrals_domain.model.link import ReferralLink
    from referrals_domain.model.money import Money
    from referrals_domain.model.order import ReferredOrder
    from referrals_domain.model.privacy import CustomerRecord, HistoryLine
    from referrals_domain.model.referral import Referral
    from referrals_domain.model.signals import Signal


def export_document(record: CustomerRecord) -> str:
    """
    Return all that is kept of a customer as JSON; other persons' ids are left out.

    Of a referral whose friend is somebody else that person's order is left out, too.
    """
    merchant_id, customer_id = record.customer
    document = {
        "merchant_id": merchant_id,
        "customer_id": customer_id,
        "referral_links": [_link(one) for one in record.links],
        "referrals": [
            _referral(
                one, customer_id, [line for line in record.history if line.referral_id == one.id]
            )
            for one in record.referrals
        ],
        "orders": [_order(one, customer_id) for one in record.orders],
    }
    return json.dumps(document, indent=2)


def _link(link: ReferralLink) -> dict[str, Any]:
    return {
        "id": link.id,
        "code": link.code,
        "created_at": _time(link.created_at),
        "revoked_at": _time(link.revoked_at),
    }


def _referral(
    referral: Referral, customer_id: CustomerId, history: Sequence[HistoryLine]
) -> dict[str, Any]:
    is_friend = referral.referred_customer_id == customer_id
    roles = {"advocate": referral.customer_id == customer_id, "friend": is_friend}
    return {
        "id": referral.id,
        "roles": [role for role, has in roles.items() if has],
        "channel": referral.channel,
        "status": referral.status,
        "cause": referral.cause,
        "version": referral.version,
        "opened_at": _time(referral.opened_at),
        "updated_at": _time(referral.updated_at),
        "due_at": _time(referral.due_at),
        "order_id": referral.order_id if is_friend else None,
        "history": [
            {
                "version": line.version,
                "from_status": line.from_status,
                "status": line.status,
                "cause": line.cause,
                "at": _time(line.at),
            }
            for line in history
            if line.referral_id == referral.id
        ],
    }


def _order(order: ReferredOrder, customer_id: CustomerId) -> dict[str, Any]:
    facts, standing = order.facts, order.evidence.customers.get(customer_id)
    snapshot = facts.snapshot
    return {
        "order_id": facts.order_id,
        "referral_id": order.referral_id,
        "test": facts.test,
        "placed_at": _time(facts.placed_at),
        "updated_at": _time(snapshot.updated_at) if snapshot else None,
        "paid_at": _time(facts.paid_at),
        "cancelled_at": _time(facts.cancelled_at),
        "total": _money(snapshot.total) if snapshot else None,
        "address_digest": facts.address,
        "refunds": [{"id": one.id, "amount": _money(one.amount)} for one in facts.refunds],
        "signals": [_signal(one) for one in facts.signals],
        "known_to_core": {
            "known": standing.known,
            "answered_at": _time(standing.answered_at),
            "frequency": standing.frequency,
            "first_order_time": _time(standing.first_order_time),
        }
        if standing
        else None,
    }


def _signal(signal: Signal) -> dict[str, Any]:
    return {
        "source": signal.source,
        "code": signal.code,
        "share": signal.share,
        "channel": signal.channel,
    }


def _money(money: Money) -> dict[str, str]:
    return {"amount": money.amount, "currency": money.currency}


def _time(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
