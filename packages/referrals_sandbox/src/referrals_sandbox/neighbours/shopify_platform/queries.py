"""What the Admin API answers, field by field."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError, build_schema

from referrals_sandbox.neighbours.shopify_platform.nodes import order_node
from referrals_sandbox.neighbours.shopify_platform.search import wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from referrals_sandbox.neighbours.shopify_platform.order import Document, Order
    from referrals_sandbox.neighbours.shopify_platform.shop import Shop, Subscription

SCHEMA: Final = build_schema(Path(__file__).with_name("admin.graphql").read_text(encoding="utf-8"))

_LARGEST_PAGE: Final = 250
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)  # subscriptions are sorted by number alone
_TAKEN: Final = "Address for this topic has already been taken"


def root_of(shop: Shop) -> Mapping[str, Callable[..., Any]]:
    """Return the fields of queries and mutations, for one shop."""
    return {
        "orders": lambda _info, **asked: _orders(shop, **asked),
        "ordersCount": lambda _info, **asked: _orders_count(shop, **asked),
        "webhookSubscriptions": lambda _info, **asked: _subscriptions(shop, **asked),
        "webhookSubscriptionCreate": lambda _info, **asked: _subscribe(shop, asked),
    }


def _orders(
    shop: Shop,
    *,
    first: int | None = None,
    after: str | None = None,
    query: str | None = None,
    **_by_update: Any,
) -> Document:
    """Return a page: a cursor names the order before it, so none is left out that moves."""
    found = sorted(
        ((order.updated_at, order.id, order) for order in _found(shop, query)),
        key=lambda one: one[:2],
    )
    if after is not None:
        behind = _place(after)
        found = [one for one in found if one[:2] > behind]
    page = found[: _size(first)]
    return {
        "nodes": [order_node(order, shop.terms.domain) for *_, order in page],
        "pageInfo": {
            "hasNextPage": len(found) > len(page),
            "endCursor": _cursor(*page[-1][:2]) if page else None,
        },
    }


def _orders_count(shop: Shop, *, query: str | None = None, limit: int | None = None) -> Document:
    count = len(_found(shop, query))
    if limit is None or count <= limit:
        return {"count": count, "precision": "EXACT"}
    return {"count": limit, "precision": "AT_LEAST"}


def _found(shop: Shop, query: str | None) -> list[Order]:
    try:
        is_wanted = wanted(query)
    except ValueError as error:
        raise GraphQLError(str(error)) from error
    return [order for order in shop.orders.values() if is_wanted(order.updated_at)]


def _subscriptions(
    shop: Shop,
    *,
    first: int | None = None,
    after: str | None = None,
    topics: list[str] | None = None,
) -> Document:
    behind = _place(after)[1] if after is not None else 0
    found = [
        one
        for one in shop.subscriptions
        if one.id > behind and (topics is None or _word(one.topic) in topics)
    ]
    page = found[: _size(first)]
    return {
        "nodes": [_subscription_node(one) for one in page],
        "pageInfo": {
            "hasNextPage": len(found) > len(page),
            "endCursor": _cursor(_NO_TIME, page[-1].id) if page else None,
        },
    }


def _subscribe(shop: Shop, asked: Document) -> Document:
    uri = asked["webhookSubscription"].get("uri")
    topic = asked["topic"].lower().replace("_", "/")
    made = shop.subscribe(topic, uri) if uri else None
    complaint = [] if made else [_complaint(_TAKEN if uri else "Address can't be blank")]
    return {"webhookSubscription": made and _subscription_node(made), "userErrors": complaint}


def _complaint(message: str) -> Document:
    return {"field": ["webhookSubscription", "uri"], "message": message}


def _subscription_node(one: Subscription) -> Document:
    number = f"gid://shopify/WebhookSubscription/{one.id}"
    return {"id": number, "topic": _word(one.topic), "uri": one.uri}


def _word(topic: str) -> str:
    return topic.replace("/", "_").upper()


def _size(first: int | None) -> int:
    if first is None or not 0 < first <= _LARGEST_PAGE:
        raise GraphQLError(f"first is 1 to {_LARGEST_PAGE}")
    return first


def _cursor(updated_at: datetime, number: int) -> str:
    place = {"last_id": number, "last_value": updated_at.isoformat()}
    return b64encode(json.dumps(place).encode()).decode()


def _place(cursor: str) -> tuple[datetime, int]:
    try:
        place = json.loads(b64decode(cursor, validate=True))
        return datetime.fromisoformat(place["last_value"]), place["last_id"]
    except (ValueError, KeyError, TypeError) as error:
        raise GraphQLError("Invalid cursor for current pagination sort.") from error
