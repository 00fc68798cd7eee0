"""What was delivered and answered is kept, whoever works at once and whatever comes later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from referrals_domain.model.delivery import Topic
from referrals_domain.model.program import CompleteOn
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.ports.merchant_validator import Verdict
from referrals_domain.testing import builders
from tests.order_path import people
from tests.order_path.path import Webhook

if TYPE_CHECKING:
    from tests.order_path.path import OrderPath


FRIENDS: Final = range(20)
LATER: Final = "2026-11-20T10:20:00-05:00"


async def test_a_payment_a_cancellation_and_a_change_at_once_are_all_kept(path: OrderPath) -> None:
    await _one_link(path, complete_on=CompleteOn.ORDER_PAID)
    signals = people.signals(people.link(0))

    def order(number: int, topic: Topic, **changes: str | None) -> Webhook:
        return Webhook(topic, people.body(number, people.friend(number), signals, **changes))

    unpaid = {"financial_status": "pending"}
    await path.post(*(order(number, Topic.ORDERS_CREATE, **unpaid) for number in FRIENDS))
    await path.work_until_done()
    for topic, changes in (
        (Topic.ORDERS_PAID, {"financial_status": "paid"}),
        (Topic.ORDERS_CANCELLED, {"cancelled_at": LATER, **unpaid}),
        (Topic.ORDERS_CREATE, {"total_price": "50.00", "updated_at": LATER, **unpaid}),
    ):
        await path.post(*(order(number, topic, **changes) for number in FRIENDS))
    await path.work(len(FRIENDS), len(FRIENDS), len(FRIENDS))
    await path.work_until_done()
    for facts in await path.facts():
        assert facts.paid_at
        assert facts.cancelled_at
        assert facts.snapshot
        assert facts.snapshot.total.minor == 5000
    assert await path.statuses() == {
        (ReferralStatus.REVERSED, Cause.ORDER_CANCELLED): len(FRIENDS),
        (ReferralStatus.PENDING, Cause.LINK_SHARED): 1,
    }
    events = await path.events()
    assert events["referral.completed"] == events["referral.reversed"]


async def test_what_core_and_auth_say_later_takes_no_reward_back(path: OrderPath) -> None:
    await _one_link(path)
    await _order_of_each(path, Topic.ORDERS_CREATE)
    asked = (list(path.world.auth.asked), list(path.world.core.asked))
    path.world.auth.verdicts[builders.MERCHANT] = Verdict.INVALID
    path.core_knows(map(people.friend, FRIENDS), frequency=2)
    await _order_of_each(path, Topic.ORDERS_PAID, updated_at=LATER)
    assert (path.world.auth.asked, path.world.core.asked) == asked
    assert await path.events() == {"referral.completed": len(FRIENDS)}


async def test_a_database_that_forgot_makes_the_same_events_again(path: OrderPath) -> None:
    """What Points rewarded before a restore is then known to it by the event's id."""
    ids = []
    for _ in range(2):
        await path.forget()
        await _one_link(path)
        await _order_of_each(path, Topic.ORDERS_CREATE)
        ids.append({row.id for row in await path.rows("SELECT id FROM outbox")})
    assert ids[0] == ids[1]
    assert len(ids[0]) == len(FRIENDS)


async def _one_link(path: OrderPath, **program: object) -> None:
    link = people.link(0)
    await path.set_up([builders.program(**program)], [link], [people.share(0, link)])
    path.core_knows([link.customer_id], frequency=3)
    path.core_knows(map(people.friend, FRIENDS), known=False)


async def _order_of_each(path: OrderPath, topic: Topic, **changes: str) -> None:
    """Have each friend order by the link's code, and the order worked off."""
    signals = people.signals(people.link(0))
    bodies = [people.body(one, people.friend(one), signals, **changes) for one in FRIENDS]
    await path.post(*(Webhook(topic, body) for body in bodies))
    await path.work_until_done()
