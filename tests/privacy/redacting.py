"""A person who is redacted, with a link or an order, on the order path."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from referrals_adapters.postgres.tables import metadata
from referrals_domain.model.identifiers import CustomerId, CustomerKey, OrderId
from referrals_domain.model.privacy import PrivacyTopic
from referrals_domain.testing import builders
from referrals_domain.use_cases.carry_out_redactions import CarryOutRedactions
from tests.order_path import people
from tests.order_path.path import Webhook
from tests.webhook.orders import order

if TYPE_CHECKING:
    from collections.abc import Callable

    from referrals_domain.model.link import ReferralLink
    from referrals_domain.model.referral import Referral
    from referrals_domain.ports.transaction import Transaction
    from tests.order_path.path import OrderPath

ADVOCATE: Final = CustomerId("7110000000071")
FRIEND: Final = CustomerId("7220000000082")
OTHER_ADVOCATE: Final = CustomerId("7330000000093")
"""Numbers that nothing else has, so that a scan for them finds only these persons."""

ORDER: Final = OrderId("6200407294252")
LATER_ORDER: Final = OrderId("6200407294253")
EMAIL: Final = "jo.doe@canary.example"
PHONE: Final = "+16135550142"
LINK: Final = people.link(1, customer_id=ADVOCATE)
OTHER_LINK: Final = people.link(2, customer_id=OTHER_ADVOCATE)
SHARE: Final = people.share(1, LINK)


async def set_up(path: OrderPath, **program: Any) -> None:
    """Store a program, two links and a share, and have Core know the advocates alone."""
    await path.set_up([builders.program(**program)], [LINK, OTHER_LINK], [SHARE])
    path.core_knows([ADVOCATE, OTHER_ADVOCATE], frequency=3)
    path.core_knows([FRIEND], known=False)


def bought(
    link: ReferralLink = LINK,
    share: Referral | None = SHARE,
    *,
    buyer: CustomerId = FRIEND,
    order_id: OrderId = ORDER,
    **changes: Any,
) -> bytes:
    """Return an order by a link."""
    customer = {"id": int(buyer), "email": EMAIL}
    return order(
        id=int(order_id), customer=customer, email=EMAIL, **people.signals(link, share), **changes
    )


def asked(customer_id: CustomerId, **more: Any) -> bytes:
    """Return the body by which Shopify passes on what a customer asks for."""
    customer = {"id": int(customer_id), "email": EMAIL, "phone": PHONE}
    shop = {"shop_id": 954889, "shop_domain": builders.SHOP}
    return json.dumps({**shop, "customer": customer, **more}).encode()


async def redact(path: OrderPath, customer_id: CustomerId, *orders: OrderId) -> str:
    """Have Shopify ask for a redaction, and a worker carry it out; return the answer."""
    (answer,) = await path.post(redact_call(customer_id, *orders))
    await carry_out(path)
    return answer


def redact_call(customer_id: CustomerId, *orders: OrderId) -> Webhook:
    """Return the call that asks for a redaction."""
    body = asked(customer_id, orders_to_redact=[int(one) for one in orders])
    return Webhook(PrivacyTopic.CUSTOMERS_REDACT, body)


async def carry_out(path: OrderPath, begin: Callable[[], Transaction] | None = None) -> int:
    """Have a worker carry out what waits."""
    world = path.world
    work = CarryOutRedactions(
        begin=begin or path.begin, cache=world.cache, clock=world.clock, rows=2
    )
    return await work(10)


async def tombstone(path: OrderPath, customer_id: CustomerId) -> CustomerId:
    """Return what stands for a customer."""
    async with path.begin() as tx:
        key = (await tx.merchant_keys.get([builders.MERCHANT]))[builders.MERCHANT]
    assert key
    return key.tombstone(customer_id)


async def where(path: OrderPath, text: str) -> set[str]:
    """Return the tables that hold a text, also as bytes."""
    found = set()
    for table in metadata.sorted_tables:
        rows = await path.rows(f"SELECT held::text AS text FROM {table.name} AS held")  # noqa: S608
        if any(one in row.text for row in rows for one in (text, text.encode().hex())):
            found.add(table.name)
    return found


async def referral(path: OrderPath, key: Any = SHARE.key) -> Referral:
    """Return a referral."""
    async with path.begin() as tx:
        return (await tx.referrals.get([key]))[key]


def asked_about(path: OrderPath) -> set[CustomerKey]:
    """Return whom Core was asked about."""
    return set(path.world.core.asked)


def without_answer(path: OrderPath, customer_id: CustomerId) -> None:
    """Have Core not answer about a customer."""
    del path.world.core.known[CustomerKey(builders.MERCHANT, customer_id)]


def changed(body: bytes, **changes: Any) -> bytes:
    """Return a body with other fields."""
    return json.dumps({**json.loads(body), **changes}).encode()
