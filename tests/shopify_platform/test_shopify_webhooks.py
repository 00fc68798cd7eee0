"""Webhooks come as Shopify sends them, and as badly as they are told to."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.shopify.payloads import read_order
from referrals_adapters.shopify.privacy import read_uninstalled
from referrals_adapters.shopify.signature import is_signed
from referrals_sandbox.neighbours.shopify_platform import webhooks
from referrals_sandbox.neighbours.shopify_platform.faults import Faults
from referrals_sandbox.neighbours.shopify_platform.webhooks import GAPS
from tests.shopify_platform.conftest import SECRET, SHOP, SPEED, terms
from tests.shopify_platform.orders import document, placed
from tests.waiting import until

if TYPE_CHECKING:
    from referrals_sandbox.neighbours.shopify_order import PlacedOrder
    from tests.shopify_platform.conftest import Stand
    from tests.shopify_platform.gateway import Taken

SUBSCRIPTIONS = "{ webhookSubscriptions(first: 250) { nodes { id topic uri } } }"
SUBSCRIBE = """
mutation ($topic: WebhookSubscriptionTopic!, $uri: String) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: { uri: $uri }) {
    webhookSubscription { id topic uri }
    userErrors { field message }
  }
}
"""
ALL = ["ORDERS_CREATE", "ORDERS_PAID", "ORDERS_CANCELLED", "REFUNDS_CREATE"]


async def ordered(stand: Stand, *orders: PlacedOrder) -> None:
    stand.shopify.place(SHOP, [document(order) for order in orders])
    await stand.quiet()


async def posted(stand: Stand, number: int = 1) -> None:
    """Wait until so many webhooks have come."""

    async def came() -> bool:
        return len(stand.gateway.taken) >= number

    await until(came)


async def topics(stand: Stand) -> list[str]:
    found = (await stand.data(SUBSCRIPTIONS))["webhookSubscriptions"]["nodes"]
    return [one["topic"] for one in found]


def signed_by(taken: Taken, secret: str) -> bool:
    return is_signed(taken.body, [taken.headers["X-Shopify-Hmac-SHA256"].encode()], [secret])


async def test_an_order_is_told_as_it_was_placed_signed_and_named(stand: Stand) -> None:
    order = placed(is_paid=False)
    await ordered(stand, order)
    (taken,) = stand.gateway.taken
    assert taken.path == "/orders/create"
    assert taken.headers["X-Shopify-Topic"] == "orders/create"
    assert taken.headers["X-Shopify-Shop-Domain"] == SHOP
    assert signed_by(taken, SECRET)
    read = read_order(taken.body)
    assert read.facts.order_id == str(order.order_id)
    assert read.named_host == SHOP


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        ([], ["orders/create"]),
        (["pay"], ["orders/create", "orders/paid"]),
        (["cancel"], ["orders/create", "orders/cancelled"]),
        (["touch"], ["orders/create"]),
        (["pay", "refund"], ["orders/create", "orders/paid", "refunds/create"]),
    ],
)
async def test_what_happens_to_an_order_is_told_by_its_topic(
    stand: Stand, happens: list[str], told: list[str]
) -> None:
    order = placed(is_paid=False)
    await ordered(stand, order)
    for one in happens:
        getattr(stand.shopify, one)(SHOP, order.order_id)
        await stand.quiet()
    assert [taken.path for taken in stand.gateway.taken] == [f"/{topic}" for topic in told]


async def test_an_order_that_is_paid_at_once_is_told_twice(stand: Stand) -> None:
    await ordered(stand, placed())
    assert {taken.path for taken in stand.gateway.taken} == {"/orders/create", "/orders/paid"}


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_success(stand: Stand, status: int) -> None:
    stand.gateway.answers = [status]
    await ordered(stand, placed(is_paid=False))
    assert len(stand.gateway.taken) == 1


async def test_what_is_refused_comes_again_as_it_was(stand: Stand) -> None:
    stand.gateway.answers = [500, 503, 404, 302, 401]
    order = placed(is_paid=False)
    stand.shopify.place(SHOP, [document(order)])
    await posted(stand)
    stand.shopify.touch(SHOP, order.order_id)
    await stand.quiet()
    assert len(stand.gateway.taken) == 6
    assert len({taken.body for taken in stand.gateway.taken}) == 1
    for header in ("Webhook-Id", "Event-Id", "Triggered-At"):
        assert len({taken.headers[f"X-Shopify-{header}"] for taken in stand.gateway.taken}) == 1
    told = stand.shopify.report(SHOP).posted
    assert told == webhooks.Posted(answered=1, in_vain=5, slowest=told.slowest)
    assert told.slowest > 0


async def test_who_answers_too_late_has_not_answered(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "_ANSWERED_WITHIN", 0.05)
    stand.gateway.delays = [0.2]
    await ordered(stand, placed(is_paid=False))
    assert len(stand.gateway.taken) == 2


def test_eight_retries_drift_apart_over_four_hours() -> None:
    assert len(GAPS) == 8
    assert sum(GAPS) == pytest.approx(4 * 3600)
    assert all(later == pytest.approx(2 * gap) for gap, later in pairwise(GAPS))


async def test_a_subscription_is_removed_after_eight_retries_in_vain(stand: Stand) -> None:
    stand.gateway.refused = ["/orders/create"]
    await ordered(stand, placed())
    assert len(stand.gateway.of("orders/create")) == 9
    assert len(stand.gateway.of("orders/paid")) == 1
    assert await topics(stand) == ALL[1:]

    await ordered(stand, placed())
    assert len(stand.gateway.of("orders/create")) == 9
    assert len(stand.gateway.of("orders/paid")) == 2


async def test_the_ninth_time_is_early_enough(stand: Stand) -> None:
    stand.gateway.answers = [500] * 8
    await ordered(stand, placed(is_paid=False))
    assert len(stand.gateway.taken) == 9
    assert await topics(stand) == ALL


async def test_a_subscription_can_be_put_back_but_not_twice(stand: Stand) -> None:
    stand.gateway.refused = ["/orders/create"]
    await ordered(stand, placed(is_paid=False))
    stand.gateway.refused = []
    asked = {"topic": "ORDERS_CREATE", "uri": f"{stand.gateway.url}/orders/create"}

    made = (await stand.data(SUBSCRIBE, **asked))["webhookSubscriptionCreate"]
    again = (await stand.data(SUBSCRIBE, **asked))["webhookSubscriptionCreate"]
    assert made["userErrors"] == []
    assert made["webhookSubscription"]["id"].startswith("gid://shopify/WebhookSubscription/")
    assert again["webhookSubscription"] is None
    assert again["userErrors"][0]["field"] == ["webhookSubscription", "uri"]
    assert sorted(await topics(stand)) == sorted(ALL)

    await ordered(stand, placed(is_paid=False))
    assert len(stand.gateway.of("orders/create")) == 9 + 1


async def test_a_subscription_needs_an_address(stand: Stand) -> None:
    asked = await stand.data(SUBSCRIBE, topic="APP_UNINSTALLED", uri="")
    assert asked["webhookSubscriptionCreate"]["userErrors"]
    assert await topics(stand) == ALL


async def test_subscriptions_come_in_pages_and_by_topic(stand: Stand) -> None:
    query = """query ($after: String, $topics: [WebhookSubscriptionTopic!]) {
      webhookSubscriptions(first: 3, after: $after, topics: $topics) {
        nodes { topic } pageInfo { hasNextPage endCursor }
      }
    }"""
    first = (await stand.data(query))["webhookSubscriptions"]
    end = first["pageInfo"]["endCursor"]
    rest = (await stand.data(query, after=end))["webhookSubscriptions"]
    paid = (await stand.data(query, topics=["ORDERS_PAID"]))["webhookSubscriptions"]
    assert [one["topic"] for page in (first, rest) for one in page["nodes"]] == ALL
    assert [page["pageInfo"]["hasNextPage"] for page in (first, rest)] == [True, False]
    assert [one["topic"] for one in paid["nodes"]] == ["ORDERS_PAID"]


async def test_while_a_secret_rotates_both_sign_and_then_the_newest(stand: Stand) -> None:
    both = ("shpss_2", SECRET)
    stand.shopify.agree(terms(stand.gateway, secrets=both))
    await ordered(stand, *[placed(is_paid=False) for _ in range(40)])
    signers = [tuple(signed_by(taken, one) for one in both) for taken in stand.gateway.taken]
    assert set(signers) == {(True, False), (False, True)}

    stand.gateway.taken.clear()
    stand.shopify.agree(terms(stand.gateway, secrets=both[:1]))
    await ordered(stand, *[placed(is_paid=False) for _ in range(10)])
    assert all(signed_by(taken, "shpss_2") for taken in stand.gateway.taken)


@pytest.mark.parametrize(
    ("dropped", "least", "most"), [(0.0, 400, 400), (0.2, 280, 360), (1, 0, 0)]
)
async def test_a_share_is_dropped(stand: Stand, dropped: float, least: int, most: int) -> None:
    stand.shopify.circumstances.fail(Faults(dropped=dropped))
    await ordered(stand, *[placed(is_paid=False) for _ in range(400)])
    posted = stand.shopify.report(SHOP).posted
    assert least <= len(stand.gateway.taken) <= most  # 0.2 of 400 is 80, give or take 5 sigma
    assert (posted.answered, posted.dropped) == (
        len(stand.gateway.taken),
        400 - len(stand.gateway.taken),
    )


async def test_a_copy_has_the_same_ids(stand: Stand) -> None:
    stand.shopify.circumstances.fail(Faults(doubled=1.0))
    await ordered(stand, placed(is_paid=False))
    one, other = stand.gateway.taken
    assert one == other


async def test_late_webhooks_come_in_another_order(stand: Stand) -> None:
    stand.shopify.circumstances.fail(Faults(late=1.0, lateness=0.1 * SPEED))
    orders = [placed(is_paid=False) for _ in range(20)]
    await ordered(stand, *orders)
    came = [taken.document["id"] for taken in stand.gateway.taken]
    assert sorted(came) == sorted(order.order_id for order in orders)
    assert came != [order.order_id for order in orders]


async def test_nothing_is_sent_nor_answered_while_shopify_is_away(stand: Stand) -> None:
    stand.shopify.circumstances.leave(0.5 * SPEED)
    stand.shopify.place(SHOP, [document(placed(is_paid=False))])
    assert (await stand.ask(SUBSCRIPTIONS)).status_code == 503
    await asyncio.sleep(0.05)
    assert stand.gateway.taken == []
    await stand.quiet()
    assert len(stand.gateway.taken) == 1
    assert await topics(stand) == ALL


async def test_what_waits_for_its_turn_when_shopify_leaves_waits_for_its_return(
    stand: Stand,
) -> None:
    stand.gateway.answering.clear()
    stand.shopify.place(SHOP, [document(placed(is_paid=False)) for _ in range(100)])
    await posted(stand, 64)
    stand.shopify.circumstances.leave(1.0 * SPEED)
    stand.gateway.answering.set()
    await asyncio.sleep(0.1)
    assert len(stand.gateway.taken) == 64
    await stand.quiet()
    assert len(stand.gateway.taken) == 100


async def test_the_clock_of_shopify_may_be_wrong(stand: Stand) -> None:
    stand.shopify.circumstances.fail(Faults(skew=-600.0))
    order = placed()
    await ordered(stand, order)
    (created,) = stand.gateway.of("orders/create")
    facts = read_order(created.body).facts
    assert facts.placed_at
    assert (order.placed_at - facts.placed_at).total_seconds() == 600


async def test_a_shop_that_leaves_says_so_if_asked_to_and_then_no_more(stand: Stand) -> None:
    uri = f"{stand.gateway.url}/app/uninstalled"
    await stand.data(SUBSCRIBE, topic="APP_UNINSTALLED", uri=uri)
    stand.shopify.uninstall(SHOP)
    await ordered(stand, placed())
    (taken,) = stand.gateway.taken
    assert read_uninstalled(taken.body) == SHOP
    assert (await stand.ask(SUBSCRIPTIONS)).status_code == 401

    stand.shopify.agree(terms(stand.gateway))
    assert await topics(stand) == ALL
    assert stand.shopify.report(SHOP).orders == 1


async def test_what_is_on_its_way_when_a_shop_leaves_is_given_up(stand: Stand) -> None:
    stand.gateway.refused = ["/orders/create"]
    stand.shopify.place(SHOP, [document(placed(is_paid=False))])
    await posted(stand)
    stand.shopify.uninstall(SHOP)
    await stand.quiet()
    assert 0 < len(stand.gateway.taken) < 9
    assert stand.shopify.report(SHOP).posted.given_up == 1
