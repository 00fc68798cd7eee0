"""However Shopify's webhooks of an order arrive, PostgreSQL ends as the model in memory does."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from referrals_domain.model.delivery import Topic
from referrals_domain.model.program import CompleteOn, ReferralProgram
from referrals_domain.testing import builders
from referrals_domain.testing.time_and_chance import FixedClock
from tests.conftest import of_services
from tests.courses import ALL_IS_OVER, Course, End, counting, courses
from tests.domain.strategies import MODEST, examples
from tests.domain.world import World
from tests.order_path.path import OrderPath, Webhook, order_path
from tests.webhook.orders import WITHOUT_SIGNAL, order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_sandbox.servers.running import Servers

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _at(minutes: int) -> str:
    return (builders.PLACED_AT + timedelta(minutes=minutes)).isoformat()


def _order(topic: Topic, minutes: int, euros: str = "60.00", **changes: Any) -> Webhook:
    """Return an order as it was some minutes after it was placed, presented in euros."""
    fields = {
        "id": int(builders.ORDER),
        "customer": {"id": int(builders.FRIEND)},
        "updated_at": _at(minutes),
        "financial_status": "pending",
        "total_price_set": {"presentment_money": {"amount": euros, "currency_code": "EUR"}},
    }
    return Webhook(topic, order(**(fields | changes)))


def _refund(number: int, amount: str, currency: str) -> dict[str, Any]:
    move = {"kind": "refund", "status": "success", "amount": amount, "currency": currency}
    return {"id": number, "order_id": int(builders.ORDER), "transactions": [move]}


def _alone(refund: dict[str, Any]) -> Webhook:
    return Webhook(Topic.REFUNDS_CREATE, json.dumps(refund).encode())


IN_DOLLARS: Final = _refund(1, "30.00", "USD")
IN_EUROS: Final = _refund(2, "40.00", "EUR")

CREATED: Final = _order(Topic.ORDERS_CREATE, 0)
RAISED: Final = _order(Topic.ORDERS_CREATE, 1, "80.00", total_price="90.00")
LOWERED: Final = _order(Topic.ORDERS_CREATE, 2, "36.00", total_price="40.00")
PAID: Final = _order(Topic.ORDERS_PAID, 3, financial_status="paid")
GUEST: Final = _order(Topic.ORDERS_PAID, 4, financial_status="paid", customer=None)
CANCELLED: Final = _order(Topic.ORDERS_CANCELLED, 5, cancelled_at=_at(5))
CANCELLED_BARE: Final = _order(Topic.ORDERS_CANCELLED, 5, cancelled_at=_at(5), **WITHOUT_SIGNAL)
REFUNDED: Final = _order(
    Topic.ORDERS_PAID, 6, financial_status="partially_refunded", refunds=[IN_DOLLARS]
)
REFUNDED_BARE: Final = _order(
    Topic.ORDERS_PAID,
    7,
    financial_status="refunded",
    refunds=[IN_DOLLARS, IN_EUROS],
    **WITHOUT_SIGNAL,
)

UNDOING: Final = [
    *(CANCELLED, CANCELLED_BARE, _alone(IN_DOLLARS), _alone(IN_EUROS), REFUNDED, REFUNDED_BARE)
]
EVERY_KIND: Final = [CREATED, RAISED, LOWERED, PAID, GUEST, *UNDOING]
PROGRAMS: Final = [
    builders.program(),
    builders.program(complete_on=CompleteOn.ORDER_PAID),
    builders.program(minimum_order=5000, refund_percent=40),
    builders.program(hold=timedelta(days=14), velocity_cap=1),
    builders.program(hold=timedelta(days=3), complete_on=CompleteOn.ORDER_PAID, refund_percent=40),
    builders.program(window=timedelta(days=2)),
]


some_courses: Final = st.lists(
    st.sampled_from(EVERY_KIND), min_size=1, max_size=5, unique=True
).flatmap(lambda kinds: courses(kinds, undoing=UNDOING, may_look=False))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def path(servers: Servers, migrated: PostgresSettings) -> AsyncIterator[OrderPath]:
    async with order_path(of_services(servers.database, migrated)) as path:
        yield path
        await path.forget()


@pytest.fixture(scope="module")
def begun() -> Iterator[Callable[[Course[Webhook]], None]]:
    with counting("orders of arrival on PostgreSQL", UNDOING) as begun:
        yield begun


@settings(MODEST, max_examples=examples(25, most=150))
@given(st.sampled_from(PROGRAMS), some_courses)
async def test_status_facts_and_net_reward_end_as_if_all_had_arrived_at_once(
    path: OrderPath,
    begun: Callable[[Course[Webhook]], None],
    program: ReferralProgram,
    course: Course[Webhook],
) -> None:
    assert await _end(path, program, course) == await _end_at_once(program, course.arrivals)
    begun(course)


async def _end(path: OrderPath, program: ReferralProgram, course: Course[Webhook]) -> End:
    """Let the course go on PostgreSQL, and wait until nothing is left to do."""
    world = path.world
    await path.forget()
    world.clock.time = FixedClock().time
    await path.set_up([program], [builders.link()], [builders.referral()])
    verdicts, known = dict(world.auth.verdicts), dict(world.core.known)
    for number, (webhook, meanwhile) in enumerate(
        zip(course.arrivals, course.meanwhile, strict=True)
    ):
        away = number < course.neighbours_away_for
        world.auth.verdicts = {} if away else dict(verdicts)
        world.core.known = {} if away else dict(known)
        await path.post(webhook)
        await path.work(*filter(None, meanwhile.batches))
        world.clock.advance(meanwhile.passes)
        if meanwhile.sweeps:
            await path.sweep()
    world.auth.verdicts, world.core.known = verdicts, known
    await path.work_until_done()
    world.clock.advance(ALL_IS_OVER - world.clock.now())
    await path.sweep()
    (facts,) = await path.facts()
    referrals = {str(row.id): row for row in await path.rows("SELECT * FROM referrals")}
    bound = [row for row in referrals.values() if row.order_id]
    events = await path.events()
    return End(
        facts=facts,
        status=bound[0].status if bound else None,
        cause=bound[0].cause if bound else None,
        share=referrals[builders.REFERRAL].status,
        net_reward=events["referral.completed"] - events["referral.reversed"],
    )


async def _end_at_once(program: ReferralProgram, webhooks: Sequence[Webhook]) -> End:
    """Have all be known at once, in memory."""
    world = World()
    await world.set_up(program)
    await world.deliver(*(webhook.facts for webhook in webhooks))
    await world.work_until_done()
    world.clock.advance(ALL_IS_OVER - world.clock.now())
    await world.sweep()
    return End.of(world)
