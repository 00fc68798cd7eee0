"""What a person, or a shop, asks of those who keep data: to be told of it, or to be forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.identifiers import (
    CustomerId,
    CustomerKey,
    MerchantId,
    OrderId,
    ReferralId,
    ShopDomain,
)
from referrals_domain.model.link import ReferralLink
from referrals_domain.model.mentions import Mentions
from referrals_domain.model.order import ReferredOrder
from referrals_domain.model.referral import Cause, Referral, ReferralStatus

if TYPE_CHECKING:
    from referrals_domain.model.merchant_key import MerchantKey


class PrivacyTopic(StrEnum):
    """What Shopify reports that is about data, not about orders; each has a URL of its own."""

    CUSTOMERS_DATA_REQUEST = "customers/data_request"
    CUSTOMERS_REDACT = "customers/redact"
    SHOP_REDACT = "shop/redact"
    APP_UNINSTALLED = "app/uninstalled"


class PrivacyKind(StrEnum):
    """What is asked for."""

    DATA_REQUEST = "data_request"
    """A copy of what is kept of a customer; it waits until somebody exports it."""

    CUSTOMER_REDACT = "customer_redact"
    SHOP_REDACT = "shop_redact"


@attrs.frozen(kw_only=True)
class PrivacyCall:
    """
    What asks for it: a correctly signed webhook call, or a person at a command line.

    Args:
        kind: What is asked for.
        customer_id: Whom it is about; None: the whole shop.
        number: What Shopify calls a data request.
        orders: Their orders, of which nothing is to be kept that nobody could read.
        contacts: An email address, a telephone number: looked for at once, and never kept.
        received_at: When it came.
    """

    kind: PrivacyKind
    customer_id: CustomerId | None = None
    number: str = ""
    orders: frozenset[OrderId] = frozenset()
    contacts: frozenset[str] = attrs.field(default=frozenset(), repr=False)
    received_at: datetime

    def key(self, secret: MerchantKey) -> str:
        """Return what tells a repetition from another request; nobody else learns from it."""
        parts = [self.number] if self.number else [self.customer_id or "", *sorted(self.orders)]
        return secret.digest(self.kind, *parts)

    @property
    def redacts_a_customer(self) -> bool:
        """Whether it asks that a customer be forgotten."""
        return self.kind is PrivacyKind.CUSTOMER_REDACT

    @property
    def mentions(self) -> Mentions:
        """What the person would be known by in a body that nobody could read."""
        ids = {str(self.customer_id)} if self.customer_id else set[str]()
        return Mentions(frozenset(ids | set(map(str, self.orders))), self.contacts)


@attrs.frozen(kw_only=True)
class PrivacyNotice:
    """
    A privacy webhook as it came in.

    Args:
        shop_domain: The shop that the unsigned header named.
        named_host: The host that the signed body named as its shop's.
        call: What it asks for.
    """

    shop_domain: ShopDomain
    named_host: str
    call: PrivacyCall


@attrs.frozen(kw_only=True)
class PrivacyRequest:
    """
    A request that is kept until it was carried out, and then as the receipt of that.

    Args:
        id: Its number.
        merchant_id: The merchant.
        kind: What was asked for.
        customer_id: Whom it is about; None once it was carried out, and of a whole shop.
        received_at: When it came.
        done_at: When it was carried out.
        touched: How many rows of each table it met: no ids.
    """

    id: int
    merchant_id: MerchantId
    kind: PrivacyKind
    customer_id: CustomerId | None
    received_at: datetime
    done_at: datetime | None = None
    touched: Mapping[str, int] = attrs.field(factory=dict)

    @property
    def customer(self) -> CustomerKey | None:
        """Whom it is about within the merchant."""
        return CustomerKey(self.merchant_id, self.customer_id) if self.customer_id else None


@attrs.frozen(kw_only=True)
class HistoryLine:
    """One change of a referral, as it is remembered."""

    referral_id: ReferralId
    version: int
    from_status: ReferralStatus | None
    status: ReferralStatus
    cause: Cause
    at: datetime


@attrs.frozen(kw_only=True)
class CustomerRecord:
    """
    All that is kept of one customer.

    Args:
        customer: The customer.
        links: Their link.
        referrals: The referrals that they are the advocate or the friend of, by time.
        orders: The orders that they placed.
        history: The changes of these referrals.
    """

    customer: CustomerKey
    links: tuple[ReferralLink, ...] = ()
    referrals: tuple[Referral, ...] = ()
    orders: tuple[ReferredOrder, ...] = ()
    history: tuple[HistoryLine, ...] = ()

    @property
    def touched(self) -> Mapping[str, int]:
        """How many rows of each table it is."""
        parts = {
            "referral_links": self.links,
            "referrals": self.referrals,
            "referred_orders": self.orders,
            "referral_history": self.history,
        }
        return {table: len(rows) for table, rows in parts.items() if rows}
