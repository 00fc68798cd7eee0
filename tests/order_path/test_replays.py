"""A captured body, rightly signed, has no effect but its own, however it is sent again."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from referrals_adapters.postgres.tables import deliveries, metadata, quarantine
from referrals_domain.model.delivery import Outcome, Topic
from referrals_domain.model.identifiers import MerchantId, ShopDomain
from referrals_domain.model.privacy import PrivacyTopic
from referrals_domain.ports.merchant_validator import Verdict
from referrals_domain.testing import builders
from tests.logged import written
from tests.order_path import people
from tests.order_path.path import OrderPath, Webhook

if TYPE_CHECKING:
    import pytest

    from tests.order_path.path import AnyTopic

OTHER: Final = MerchantId("other")
OTHER_SHOP: Final = ShopDomain("other.myshopify.com")
QUARANTINED: Final = "a signed body goes to the quarantine"

_ABOUT_THE_SHOP: Final = {"shop_id": 954889, "shop_domain": builders.SHOP}
_PERSON: Final = {"id": int(builders.FRIEND), "email": "a@b.example", "phone": "555-625-1199"}
_LINK: Final = people.link(1)
_SHARE: Final = people.share(1, _LINK)
_FIELDS: Final = {
    **people.signals(_LINK, _SHARE),
    "order_status_url": f"https://{builders.SHOP}/954889/orders/b1946ac92492d2347c6235b4d2611184",
}
CAPTURED: Final[dict[AnyTopic, bytes]] = {
    Topic.ORDERS_CREATE: people.body(1, people.friend(1), _FIELDS),
    Topic.ORDERS_PAID: people.body(2, people.friend(2), _FIELDS, financial_status="paid"),
    Topic.ORDERS_CANCELLED: people.body(
        3, people.friend(3), _FIELDS, cancelled_at="2026-11-21T09:00:00Z"
    ),
    Topic.REFUNDS_CREATE: json.dumps(
        {
            "id": 4,
            "order_id": int(people.order_id(4)),
            "transactions": [
                {"kind": "refund", "status": "success", "amount": "1.00", "currency": "USD"}
            ],
        }
    ).encode(),
    PrivacyTopic.CUSTOMERS_DATA_REQUEST: json.dumps(
        {**_ABOUT_THE_SHOP, "customer": _PERSON, "orders_requested": [], "data_request": {"id": 9}}
    ).encode(),
    PrivacyTopic.CUSTOMERS_REDACT: json.dumps(
        {**_ABOUT_THE_SHOP, "customer": _PERSON, "orders_to_redact": [299938]}
    ).encode(),
    PrivacyTopic.SHOP_REDACT: json.dumps(_ABOUT_THE_SHOP).encode(),
    PrivacyTopic.APP_UNINSTALLED: json.dumps(
        {"id": 954889, "domain": builders.SHOP, "myshopify_domain": builders.SHOP}
    ).encode(),
}
"""What Shopify sent by each topic."""

ORDERS: Final = {Topic.ORDERS_CREATE, Topic.ORDERS_PAID, Topic.ORDERS_CANCELLED}
"""Their bodies are alike: all that an order says counts, whichever of these it came by."""


async def set_up(path: OrderPath) -> None:
    other = builders.program(
        merchant_id=OTHER, shop_domain=OTHER_SHOP, storefront_url="https://other.example"
    )
    others = people.link(2, merchant_id=OTHER)
    await path.set_up([builders.program(), other], [_LINK, others], [_SHARE])
    path.world.auth.verdicts[OTHER] = Verdict.VALID
    for merchant in (builders.MERCHANT, OTHER):
        path.core_knows([people.advocate(1), people.advocate(2)], merchant, frequency=3)
        path.core_knows(map(people.friend, range(5)), merchant, known=False)


async def everything(path: OrderPath) -> dict[str, list[Any]]:
    """Return every row but what only shows that something came."""
    tables = [table for table in metadata.sorted_tables if table not in {deliveries, quarantine}]
    return {
        table.name: sorted(map(repr, await path.rows(f"TABLE {table.name}"))) for table in tables
    }


async def outcomes_of(path: OrderPath, merchant: MerchantId) -> set[Outcome]:
    rows = await path.rows(
        "SELECT outcome FROM deliveries WHERE merchant_id = :merchant", merchant=str(merchant)
    )
    return {Outcome(row.outcome) for row in rows}


async def test_at_the_url_of_another_topic_a_body_does_nothing(
    path: OrderPath, caplog: pytest.LogCaptureFixture
) -> None:
    """Else whoever captured that a customer asks for their data could have the shop erased."""
    await set_up(path)
    everywhere: list[AnyTopic] = [*CAPTURED]
    before = await everything(path)
    for topic, url in product(CAPTURED, everywhere):
        if topic is url or {topic, url} <= ORDERS:
            continue
        caplog.clear()
        (receipt,) = await path.post(Webhook(url, CAPTURED[topic]))
        assert receipt == "quarantined", (topic, url)
        (line,) = written(caplog.records)
        assert (line["level"], line["event"], line["topic"]) == ("error", QUARANTINED, url)
    await path.work_until_done()
    assert await everything(path) == before


async def test_an_order_at_the_url_of_another_topic_of_orders_changes_nothing(
    path: OrderPath,
) -> None:
    await set_up(path)
    await path.post(Webhook(Topic.ORDERS_CREATE, CAPTURED[Topic.ORDERS_CREATE]))
    await path.work_until_done()
    before = await everything(path)
    assert await path.events() == {"referral.completed": 1}
    for url in ORDERS:
        await path.post(*[Webhook(url, CAPTURED[Topic.ORDERS_CREATE])] * 3)
        await path.work_until_done()
    after = await everything(path)
    assert _without_times(after) == _without_times(before)


async def test_under_another_shop_a_body_is_that_shops_or_nobodys(
    path: OrderPath, caplog: pytest.LogCaptureFixture
) -> None:
    await set_up(path)
    before = await everything(path)
    for topic, body in CAPTURED.items():
        if topic is Topic.REFUNDS_CREATE:  # the only one that names no shop: below
            continue
        caplog.clear()
        assert await path.post(Webhook(topic, body, OTHER_SHOP)) == ["quarantined"], topic
        (line,) = written(caplog.records)
        assert line["reason"] == "the body names another shop than the header"
    await path.work_until_done()
    assert await everything(path) == before


async def test_the_code_of_another_merchant_earns_nothing(path: OrderPath) -> None:
    """Neither does a captured body that names no shop, under another's header."""
    await set_up(path)
    before = await everything(path)
    for topic in (Topic.ORDERS_CREATE, Topic.ORDERS_PAID):
        body = people.body(1, people.friend(1), people.signals(_LINK, _SHARE))
        assert await path.post(Webhook(topic, body, OTHER_SHOP)) == ["stored"]
    await path.work_until_done()
    assert await outcomes_of(path, OTHER) == {Outcome.NO_LINK}
    assert await everything(path) == before
    # and the order is still free for the merchant whose it is
    await path.post(Webhook(Topic.ORDERS_CREATE, CAPTURED[Topic.ORDERS_CREATE]))
    await path.work_until_done()
    assert await path.events() == {"referral.completed": 1}


async def test_a_refund_under_another_shop_takes_nothing_back(path: OrderPath) -> None:
    await set_up(path)
    bought = people.body(4, people.friend(4), _FIELDS)
    await path.post(Webhook(Topic.ORDERS_CREATE, bought))
    await path.work_until_done()
    before = await everything(path)
    refund = CAPTURED[Topic.REFUNDS_CREATE]
    assert await path.post(Webhook(Topic.REFUNDS_CREATE, refund, OTHER_SHOP)) == ["stored"]
    await path.work_until_done()
    assert await outcomes_of(path, OTHER) == {Outcome.FOREIGN_ORDER}
    assert await everything(path) == before


def _without_times(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Leave out when an order was heard of last."""
    return {name: lines for name, lines in rows.items() if name != "referred_orders"}
