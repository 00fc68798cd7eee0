"""The question that asks for orders, and orders to ask for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from referrals_sandbox.neighbours.shopify_order import PlacedOrder

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)

ORDERS = """
query Orders($query: String!, $first: Int!, $after: String) {
  orders(query: $query, first: $first, after: $after, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes {
      legacyResourceId createdAt processedAt updatedAt cancelledAt displayFinancialStatus test
      clientIp sourceName statusPageUrl currencyCode
      totalPriceSet {
        shopMoney { amount currencyCode }
        presentmentMoney { amount currencyCode }
      }
      customer { legacyResourceId }
      customAttributes { key value }
      discountCodes
      customerJourneySummary { firstVisit { landingPage referrerUrl } }
      refunds {
        legacyResourceId
        transactions(first: 20) {
          nodes {
            kind status
            amountSet {
              shopMoney { amount currencyCode }
              presentmentMoney { amount currencyCode }
            }
          }
        }
      }
    }
  }
}
"""


def placed(**changes: Any) -> PlacedOrder:
    plain: dict[str, Any] = {
        "placed_at": NOON,
        "attributes": {},
        "discount": None,
        "landing_site": "/",
    }
    return PlacedOrder(**plain | changes)


def document(order: PlacedOrder) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(order.body())
    return found


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
