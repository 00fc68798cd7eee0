"""The orders of shops, as Shopify's Admin API has them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import attrs
import msgspec

from referrals_adapters.shopify import body
from referrals_adapters.shopify.address import AddressKey
from referrals_adapters.shopify.admin_api import AdminApi, Question
from referrals_adapters.shopify.facts import facts_of_order, number_of
from referrals_domain.model.identifiers import OrderId
from referrals_domain.ports.shop_orders import OrderPage, ShopOrders

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import ShopDomain
    from referrals_domain.model.order import OrderFacts

ORDERS_A_PAGE: Final = 50
"""So many cost 184 points; a question may cost 1,000."""

QUERY: Final = Question(
    """
query Orders($query: String!, $first: Int!, $after: String) {
  orders(query: $query, first: $first, after: $after, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes {
      legacyResourceId createdAt processedAt updatedAt cancelledAt
      displayFinancialStatus test clientIp sourceName
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
          pageInfo { hasNextPage }
          nodes { kind status amountSet { presentmentMoney { amount currencyCode } } }
        }
      }
    }
  }
}
""",
    points=200,
)
"""What of an order counts; nothing that names or describes a person but the ids."""

COUNT: Final = Question(
    "query Count($query: String!) { ordersCount(query: $query, limit: null) { count } }",
    points=10,
)
"""How many orders match; without a limit, which is 10,000 unless told."""


class _Money(msgspec.Struct, rename="camel"):
    amount: str
    currency_code: str


class _MoneyBag(msgspec.Struct, rename="camel"):
    shop_money: _Money
    presentment_money: _Money | None = None


class _Resource(msgspec.Struct, rename="camel"):
    legacy_resource_id: str


class _Attribute(msgspec.Struct):
    key: str
    value: str | None = None


class _Visit(msgspec.Struct, rename="camel"):
    landing_page: str | None = None
    referrer_url: str | None = None


class _Journey(msgspec.Struct, rename="camel"):
    first_visit: _Visit | None = None


class _PaidMoney(msgspec.Struct, rename="camel"):
    presentment_money: _Money


class _Transaction(msgspec.Struct, rename="camel"):
    kind: str
    status: str
    amount_set: _PaidMoney


class _More(msgspec.Struct, rename="camel"):
    has_next_page: bool


class _Transactions(msgspec.Struct, rename="camel"):
    page_info: _More
    nodes: list[_Transaction]


class _Refund(_Resource, rename="camel"):
    transactions: _Transactions


class _Order(_Resource, rename="camel", kw_only=True):
    created_at: body.Time
    processed_at: body.Time | None = None
    updated_at: body.Time
    cancelled_at: body.Time | None = None
    display_financial_status: str | None = None
    test: bool = False
    client_ip: str | None = None
    source_name: str | None = None
    total_price_set: _MoneyBag
    customer: _Resource | None = None
    custom_attributes: list[_Attribute] = msgspec.field(default_factory=list)
    discount_codes: list[str] = msgspec.field(default_factory=list)
    customer_journey_summary: _Journey | None = None
    refunds: Annotated[list[_Refund], msgspec.Meta(max_length=body.MOST_REFUNDS)] = msgspec.field(
        default_factory=list
    )


class _PageInfo(_More, rename="camel"):
    end_cursor: str | None = None


class _Orders(msgspec.Struct, rename="camel"):
    page_info: _PageInfo
    nodes: list[msgspec.Raw]


class _Found(msgspec.Struct):
    orders: _Orders


class _Count(msgspec.Struct):
    count: int


class _Counted(msgspec.Struct, rename="camel"):
    orders_count: _Count


_ORDER: Final = msgspec.json.Decoder(_Order)
_ANY_ORDER: Final = msgspec.json.Decoder(_Resource)


@attrs.frozen(kw_only=True)
class ShopifyOrders(ShopOrders):
    """
    The orders of shops, as Shopify's Admin API has them.

    Args:
        api: The API.
        secret: The secret that lasts, from which the keys of addresses are made.
    """

    api: AdminApi
    secret: str = attrs.field(repr=False)

    async def count(self, shop: ShopDomain, *, since: datetime, until: datetime) -> int:
        """Ask how many there are."""
        variables = {"query": _changed_between(since, until)}
        return (await self.api.ask(shop, COUNT, variables, _Counted)).orders_count.count

    async def changed(
        self, shop: ShopDomain, *, since: datetime, until: datetime, page: str | None = None
    ) -> OrderPage:
        """Ask for a page; an order on it that cannot be read keeps back no other."""
        variables = {
            "query": _changed_between(since, until),
            "first": ORDERS_A_PAGE,
            "after": page,
        }
        found = (await self.api.ask(shop, QUERY, variables, _Found)).orders
        addresses = AddressKey(self.secret, shop)
        facts: list[OrderFacts] = []
        unreadable: list[OrderId] = []
        for node in found.nodes:
            try:
                facts.append(facts_of_node(node, addresses))
            except ValueError:
                unreadable.append(OrderId(number_of(_ANY_ORDER.decode(node).legacy_resource_id)))
        following = found.page_info.end_cursor if found.page_info.has_next_page else None
        return OrderPage(facts=facts, unreadable=unreadable, next=following)


def facts_of_node(node: bytes, addresses: AddressKey) -> OrderFacts:
    """
    Read an order as the Admin API tells it; its webhooks would have told the same.

    Raises:
        ValueError: It is none.
    """
    return facts_of_order(_as_posted(_ORDER.decode(node)), addresses)


def _as_posted(order: _Order) -> body.OrderBody:
    """Return an order as a webhook would have brought it."""
    total, journey = order.total_price_set, order.customer_journey_summary
    visit = (journey and journey.first_visit) or _Visit()
    status = order.display_financial_status
    return body.OrderBody(
        id=order.legacy_resource_id,
        created_at=order.created_at,
        processed_at=order.processed_at,
        updated_at=order.updated_at,
        cancelled_at=order.cancelled_at,
        currency=total.shop_money.currency_code,
        total_price=total.shop_money.amount,
        total_price_set=body.MoneyBag(_presented(total.presentment_money)),
        financial_status=status.lower() if status else None,
        test=order.test,
        browser_ip=_raw(order.client_ip),
        source_name=_raw(order.source_name),
        customer=body.Customer(order.customer.legacy_resource_id) if order.customer else None,
        refunds=[_refund(refund) for refund in order.refunds],
        note_attributes=[
            body.NoteAttribute(one.key, _raw(one.value)) for one in order.custom_attributes
        ],
        discount_codes=[body.DiscountCode(code) for code in order.discount_codes],
        landing_site=visit.landing_page,
        referring_site=visit.referrer_url,
    )


def _refund(refund: _Refund) -> body.Refund:
    """
    Return a refund in the currency that the buyer paid in, as webhooks do.

    Raises:
        ValueError: It is of more parts than were asked for: what is shown is not all of it.
    """
    if refund.transactions.page_info.has_next_page:
        raise ValueError("a refund has more than 20 parts")
    return body.Refund(
        refund.legacy_resource_id,
        [
            body.Transaction(
                kind=one.kind.lower(),
                status=one.status.lower(),
                amount=one.amount_set.presentment_money.amount,
                currency=one.amount_set.presentment_money.currency_code,
            )
            for one in refund.transactions.nodes
        ],
    )


def _presented(money: _Money | None) -> body.PresentedMoney | None:
    return body.PresentedMoney(money.amount, money.currency_code) if money else None


def _raw(text: str | None) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(text))


def _changed_between(since: datetime, until: datetime) -> str:
    return f"updated_at:>='{_written(since)}' AND updated_at:<='{_written(until)}'"


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
