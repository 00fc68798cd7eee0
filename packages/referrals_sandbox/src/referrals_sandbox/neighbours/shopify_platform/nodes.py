"""Orders as the Admin API shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from referrals_sandbox.neighbours.shopify_order import Price
    from referrals_sandbox.neighbours.shopify_platform.order import Document, Order, Refund


def order_node(order: Order, domain: str) -> Document:
    """Return an order; its lists are cut as they are asked for."""
    document = order.document
    refunds = [_refund(one) for one in order.refunds]
    return {
        "id": document["admin_graphql_api_id"],
        "legacyResourceId": str(order.id),
        "createdAt": _time(document["created_at"]),
        "processedAt": _time(document["processed_at"]),
        "updatedAt": _time(document["updated_at"]),
        "cancelledAt": _time(document["cancelled_at"]),
        "displayFinancialStatus": document["financial_status"].upper(),
        "test": document["test"],
        "clientIp": document["browser_ip"],
        "sourceName": document["source_name"],
        "statusPageUrl": document["order_status_url"],
        "currencyCode": document["currency"],
        "totalPriceSet": _bag(order.total, order.presented),
        "customer": _customer(document["customer"]),
        "customAttributes": [
            {"key": note["name"], "value": note["value"]} for note in document["note_attributes"]
        ],
        "discountCodes": [entry["code"] for entry in document["discount_codes"]],
        "customerJourneySummary": {"firstVisit": _visit(document, domain)},
        "refunds": lambda _info, first=None: refunds[:first],
    }


def _customer(customer: Document | None) -> Document | None:
    return customer and {
        "id": f"gid://shopify/Customer/{customer['id']}",
        "legacyResourceId": str(customer["id"]),
    }


def _visit(document: Document, domain: str) -> Document | None:
    """Return the first visit, of which webhooks show the path and where it came from."""
    landing, referrer = document["landing_site"], document["referring_site"]
    if landing is None and referrer is None:
        return None
    return {
        "landingPage": landing and f"https://{domain}{landing}",
        "referrerUrl": referrer,
    }


def _refund(refund: Refund) -> Document:
    moves = [
        {
            "kind": move["kind"].upper(),
            "status": move["status"].upper(),
            "amountSet": _bag(refund.price, refund.presented),
        }
        for move in refund.document["transactions"]
    ]
    return {
        "id": refund.document["admin_graphql_api_id"],
        "legacyResourceId": str(refund.document["id"]),
        "createdAt": _time(refund.document["created_at"]),
        "transactions": lambda _info, first: {
            "nodes": moves[:first],
            "pageInfo": {"hasNextPage": len(moves) > first, "endCursor": None},
        },
    }


def _bag(price: Price, presented: Price) -> Document:
    return {"shopMoney": _money(price), "presentmentMoney": _money(presented)}


def _money(price: Price) -> dict[str, Any]:
    return {"amount": price.amount, "currencyCode": price.currency}


def _time(text: str | None) -> str | None:
    if text is None:
        return None
    at = datetime.fromisoformat(text).astimezone(UTC)
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
