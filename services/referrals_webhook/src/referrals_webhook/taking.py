"""What is done with a body that Shopify signed, by what its topic brings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import attrs

from referrals_adapters.shopify.address import AddressKey
from referrals_adapters.shopify.payloads import Reader, UnreadableOrder
from referrals_adapters.shopify.privacy import PrivacyReader, read_uninstalled
from referrals_domain.model.delivery import Delivery, Receipt, Topic
from referrals_domain.model.identifiers import ShopDomain
from referrals_domain.model.privacy import PrivacyNotice
from referrals_domain.ports.clock import Clock

AcceptDelivery: TypeAlias = Callable[[Delivery], Awaitable[Receipt]]
"""Stores a delivery, whether or not the caller is still there."""


@attrs.frozen(kw_only=True)
class TakeOrder:
    """
    Store what a body says of an order.

    Args:
        topic: The topic.
        read: Reads its bodies.
        secret: The secret that lasts, from which the keys of addresses are made.
        accept: Stores a delivery.
        clock: The time.
    """

    topic: Topic
    read: Reader
    secret: str = attrs.field(repr=False)
    accept: AcceptDelivery
    clock: Clock

    async def __call__(self, body: bytes, shop: str) -> Receipt:
        """
        Store it if it counts.

        Raises:
            UnreadableOrder: The body is no order, or the header does not name one shop.
            Unavailable: The database is away.
        """
        order = self.read(body, addresses=AddressKey(self.secret, shop))
        if not order.counts:
            return Receipt.NO_SIGNAL
        return await self.accept(
            Delivery(
                topic=self.topic,
                shop_domain=_shop_domain(shop),
                named_host=order.named_host,
                facts=order.facts,
                received_at=self.clock.now(),
            )
        )


@attrs.frozen(kw_only=True)
class TakeNotice:
    """
    Store what a body asks for in the name of a person or a shop.

    Args:
        read: Reads the bodies of its topic.
        take: Stores a notice.
        clock: The time.
    """

    read: PrivacyReader
    take: Callable[[PrivacyNotice], Awaitable[Receipt]]
    clock: Clock

    async def __call__(self, body: bytes, shop: str) -> Receipt:
        """
        Store it.

        Raises:
            UnreadableOrder: As above.
            Unavailable: The database is away.
        """
        named_host, call = self.read(body, at=self.clock.now())
        return await self.take(
            PrivacyNotice(shop_domain=_shop_domain(shop), named_host=named_host, call=call)
        )


@attrs.frozen
class TakeUninstalled:
    """
    Have the program of a shop that uninstalled the app switched off.

    Args:
        switch_off: Does it.
    """

    switch_off: Callable[[ShopDomain, str], Awaitable[Receipt]]

    async def __call__(self, body: bytes, shop: str) -> Receipt:
        """
        Do it.

        Raises:
            UnreadableOrder: As above.
            Unavailable: The database is away.
        """
        named_host = read_uninstalled(body)
        return await self.switch_off(_shop_domain(shop), named_host)


def _shop_domain(header: str) -> ShopDomain:
    """
    Read the shop header, which is not signed.

    Raises:
        UnreadableOrder: It does not name one shop.
    """
    try:
        return ShopDomain(header)
    except ValueError:
        raise UnreadableOrder("the shop header does not name one shop") from None
