"""A sample made to say what its topic reports, of the order that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from referrals_domain.model.delivery import Topic

if TYPE_CHECKING:
    from datetime import datetime

    from referrals_sandbox.posting.sample_order import Body


def reporting(body: Body, topic: str, now: datetime) -> Body:
    """Return the body of an order as its topic reports it: cancelled just now, or paid."""
    if topic == Topic.ORDERS_CANCELLED:
        cancelled_at = now.astimezone().isoformat(timespec="seconds")
        return {**body, "cancelled_at": cancelled_at, "cancel_reason": "customer"}
    if topic == Topic.ORDERS_PAID:
        return {**body, "financial_status": "paid"}
    return body


def of_order(body: Body, topic: str, order_id: int) -> Body:
    """
    Return the body as that of another order; all of a refund that names its order is changed.

    >>> of_order({"id": 7, "order_id": 1, "transactions": [{"order_id": 1}]}, "refunds/create", 2)
    {'id': 7, 'order_id': 2, 'transactions': [{'order_id': 2}]}
    """
    if topic != Topic.REFUNDS_CREATE:
        return {**body, "id": order_id, "admin_graphql_api_id": f"gid://shopify/Order/{order_id}"}
    changed: Body = _with_order_id(body, order_id)
    return changed


def _with_order_id(value: Any, order_id: int) -> Any:
    if isinstance(value, list):
        return [_with_order_id(entry, order_id) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        name: order_id if name == "order_id" else _with_order_id(entry, order_id)
        for name, entry in value.items()
    }
