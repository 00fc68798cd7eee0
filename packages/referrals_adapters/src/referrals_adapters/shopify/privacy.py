"""
The bodies by which Shopify passes on what a person or a shop asks for.

https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance, read in November 2026
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import msgspec

from referrals_adapters.shopify.facts import number_of
from referrals_adapters.shopify.payloads import read_as
from referrals_domain.model.identifiers import CustomerId, OrderId
from referrals_domain.model.privacy import PrivacyCall, PrivacyKind, PrivacyTopic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Person(msgspec.Struct):
    """Whom it is about."""

    id: int | str
    email: str | None = None
    phone: str | None = None


class DataRequest(msgspec.Struct):
    """What Shopify calls a data request."""

    id: int | str


class ShopBody(msgspec.Struct):
    """What every such body names."""

    shop_domain: str


class DataRequestBody(ShopBody, kw_only=True):
    """A person asks what is kept of them."""

    customer: Person
    data_request: DataRequest


class RedactBody(ShopBody, kw_only=True):
    """A person asks to be forgotten; one who asks for data is none, at whatever URL it comes."""

    customer: Person
    orders_to_redact: list[int | str] | None = None
    data_request: object = None


class ShopRedactBody(ShopBody, kw_only=True):
    """A shop asks to be forgotten; what names a person is none, at whatever URL it comes."""

    customer: object = None


class UninstalledBody(msgspec.Struct):
    """The shop that uninstalled the app."""

    myshopify_domain: str


_DATA_REQUEST: Final = msgspec.json.Decoder(DataRequestBody)
_REDACT: Final = msgspec.json.Decoder(RedactBody)
_SHOP_REDACT: Final = msgspec.json.Decoder(ShopRedactBody)
_UNINSTALLED: Final = msgspec.json.Decoder(UninstalledBody)


class ReadCall(NamedTuple):
    """The host that a body names as its shop's, in lower case, and what it asks for."""

    named_host: str
    call: PrivacyCall


class PrivacyReader(Protocol):
    """Reads the bodies of a topic."""

    def __call__(self, body: bytes, *, at: datetime) -> ReadCall:
        """
        Read a body that came at a time.

        Raises:
            UnreadableOrder: It is not what the topic brings.
        """


def read_data_request(body: bytes, *, at: datetime) -> ReadCall:
    """
    Read that a person asks what is kept of them.

    Raises:
        UnreadableOrder: The body does not say so.
    """

    def call_of(asked: DataRequestBody) -> ReadCall:
        call = PrivacyCall(
            kind=PrivacyKind.DATA_REQUEST,
            customer_id=CustomerId(number_of(asked.customer.id)),
            number=number_of(asked.data_request.id),
            received_at=at,
        )
        return ReadCall(asked.shop_domain.lower(), call)

    return read_as(body, _DATA_REQUEST.decode, call_of)


def read_redact(body: bytes, *, at: datetime) -> ReadCall:
    """
    Read that a person asks to be forgotten.

    Raises:
        UnreadableOrder: The body does not say so.
    """

    def call_of(asked: RedactBody) -> ReadCall:
        if asked.data_request is not None:
            raise ValueError("it asks for data, and not to be forgotten")
        contacts = (asked.customer.email, asked.customer.phone)
        call = PrivacyCall(
            kind=PrivacyKind.CUSTOMER_REDACT,
            customer_id=CustomerId(number_of(asked.customer.id)),
            orders=frozenset(OrderId(number_of(id_)) for id_ in asked.orders_to_redact or ()),
            contacts=frozenset(one for one in contacts if one),
            received_at=at,
        )
        return ReadCall(asked.shop_domain.lower(), call)

    return read_as(body, _REDACT.decode, call_of)


def read_shop_redact(body: bytes, *, at: datetime) -> ReadCall:
    """
    Read that a shop is to be forgotten.

    Raises:
        UnreadableOrder: The body does not say so.
    """

    def call_of(asked: ShopRedactBody) -> ReadCall:
        if asked.customer is not None:
            raise ValueError("it is about a person, and not about the shop")
        call = PrivacyCall(kind=PrivacyKind.SHOP_REDACT, received_at=at)
        return ReadCall(asked.shop_domain.lower(), call)

    return read_as(body, _SHOP_REDACT.decode, call_of)


def read_uninstalled(body: bytes) -> str:
    """
    Return the host that the body of a shop names as its own, in lower case.

    Raises:
        UnreadableOrder: It names none.
    """

    def host_of(shop: UninstalledBody) -> str:
        return shop.myshopify_domain.lower()

    return read_as(body, _UNINSTALLED.decode, host_of)


PRIVACY_READERS: Final[Mapping[PrivacyTopic, PrivacyReader]] = {
    PrivacyTopic.CUSTOMERS_DATA_REQUEST: read_data_request,
    PrivacyTopic.CUSTOMERS_REDACT: read_redact,
    PrivacyTopic.SHOP_REDACT: read_shop_redact,
}
"""How the bodies of each topic are read that ask for something."""
