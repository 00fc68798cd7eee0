"""The identifiers of the business: strings that were checked once, when they came in."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import ClassVar, NamedTuple, Self
from uuid import UUID, uuid5

_TOMBSTONE = re.compile(r"redacted-[0-9a-f]{32}", re.ASCII)
_REFERRAL_OF_ORDER = UUID("6f1d2d0c-55e1-5c0e-9c1b-0d9b7f3f6a11")
_VERSION_OF_ORDER = 5  # what uuid5 makes, and `Ids` never does
_ORDERS_AT_HAND = 1000  # of a few batches: one asks for an id several times on its way


class _Identifier(str):
    """
    A checked string.

    Raises:
        ValueError: The text does not have the form of this identifier.
    """

    __slots__ = ()
    _form: ClassVar[re.Pattern[str]] = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

    def __new__(cls, text: str) -> Self:
        if not cls._form.fullmatch(text):
            raise ValueError(f"not a {cls.__name__}")  # the text may be hostile: never shown
        return super().__new__(cls, text)


class _UuidIdentifier(_Identifier):
    """A UUID in its canonical form, in lower case."""

    __slots__ = ()
    _form = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)

    def __new__(cls, text: str) -> Self:
        """Lower the case and check the form."""
        return super().__new__(cls, text.lower())


class MerchantId(_Identifier):
    """
    A merchant, as Auth knows them.

    >>> MerchantId("acme")
    'acme'
    >>> MerchantId("a:b")
    Traceback (most recent call last):
    ValueError: not a MerchantId
    """

    __slots__ = ()


class CustomerId(_Identifier):
    """
    A customer of one merchant: Shopify's customer id, in decimal, or a tombstone.

    >>> CustomerId("7001").is_tombstone
    False
    """

    __slots__ = ()

    @property
    def is_tombstone(self) -> bool:
        """Whether it stands for a customer who was redacted; nobody else knows such an id."""
        return bool(_TOMBSTONE.fullmatch(self))


class OrderId(_Identifier):
    """A Shopify order id in decimal; unique over all shops, and beyond 2^53."""

    __slots__ = ()
    _form = re.compile(r"[0-9]{1,20}", re.ASCII)


class RefundId(_Identifier):
    """A Shopify refund id in decimal."""

    __slots__ = ()
    _form = OrderId._form  # noqa: SLF001 - both are Shopify's numbers


class AddressDigest(_Identifier):
    """
    A keyed digest of the address that an order came from, in hexadecimal.

    Two of one shop are equal if the addresses are; the address itself cannot be got back from it.
    """

    __slots__ = ()
    _form = re.compile(r"[0-9a-f]{32}", re.ASCII)


class ShopDomain(_Identifier):
    """
    A shop's permanent Shopify domain, in lower case.

    >>> ShopDomain("Acme.myshopify.com")
    'acme.myshopify.com'
    """

    __slots__ = ()
    _form = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com", re.ASCII)

    def __new__(cls, text: str) -> Self:
        """Lower the case, but of ASCII only: the Kelvin sign lowers to a k; check the form."""
        return super().__new__(cls, text.lower() if text.isascii() else text)


class LinkId(_UuidIdentifier):
    """A referral link."""

    __slots__ = ()


class ReferralId(_UuidIdentifier):
    """
    A referral.

    >>> ReferralId("0B5E9C1E-7A52-4F0B-8A58-7A1F4B1F2E6D")
    '0b5e9c1e-7a52-4f0b-8a58-7a1f4b1f2e6d'
    """

    __slots__ = ()

    @classmethod
    @lru_cache(_ORDERS_AT_HAND)
    def of_order(cls, merchant_id: MerchantId, order_id: OrderId) -> ReferralId:
        """Return the one id that a referral opened by this order has, whoever computes it."""
        return cls(str(uuid5(_REFERRAL_OF_ORDER, f"{merchant_id}/{order_id}")))

    @property
    def is_of_order(self) -> bool:
        """
        Whether an order opened the referral, and no share.

        >>> ReferralId.of_order(MerchantId("acme"), OrderId("4711")).is_of_order
        True
        >>> ReferralId("0b5e9c1e-7a52-4f0b-8a58-7a1f4b1f2e6d").is_of_order
        False
        """
        return UUID(self).version == _VERSION_OF_ORDER


class RequestId(_UuidIdentifier):
    """What a caller named a call, to be able to repeat it; unique at a merchant."""

    __slots__ = ()


class EventId(_UuidIdentifier):
    """An event; the same change always gives the same id, so that consumers can deduplicate."""

    __slots__ = ()

    @classmethod
    def of_change(cls, referral_id: ReferralId, event_type: str, version: int) -> EventId:
        """Return the id of the event of one type that one version of a referral caused."""
        return cls(str(uuid5(UUID(referral_id), f"{event_type}/{version}")))


class LinkKey(NamedTuple):
    """A link within its merchant."""

    merchant_id: MerchantId
    link_id: LinkId


class ReferralKey(NamedTuple):
    """A referral within its merchant."""

    merchant_id: MerchantId
    referral_id: ReferralId


class RequestKey(NamedTuple):
    """A call that may be repeated, within its merchant."""

    merchant_id: MerchantId
    request_id: RequestId


class OrderKey(NamedTuple):
    """An order within its merchant."""

    merchant_id: MerchantId
    order_id: OrderId


class CustomerKey(NamedTuple):
    """A customer within their merchant."""

    merchant_id: MerchantId
    customer_id: CustomerId
