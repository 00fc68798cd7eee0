"""The funnel counts each referral once, by the channel and the day that it began with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals_domain.model.funnel import (
    ChannelFunnel,
    Conversion,
    Counts,
    Days,
    Followed,
    Opened,
    Steps,
    funnels,
)
from referrals_domain.model.identifiers import LinkKey, MerchantId, OrderId, ReferralId
from referrals_domain.model.link import Channel
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.model.visit import Visit
from referrals_domain.testing import builders
from referrals_domain.testing.time_and_chance import FixedClock, SeededIds
from referrals_domain.use_cases.get_funnel import Funnel, GetFunnel
from tests.domain.world import World

if TYPE_CHECKING:
    from referrals_domain.model.order import OrderFacts

FIRST: Final = date(2026, 11, 1)
DAY: Final = timedelta(days=1)
Z: Final = 1.959963984540054


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        (ReferralStatus.PENDING, Steps()),
        (ReferralStatus.EXPIRED, Steps()),
        (ReferralStatus.REJECTED, Steps(orders=3)),
        (ReferralStatus.QUALIFIED, Steps(orders=3, qualified=3)),
        (ReferralStatus.COMPLETED, Steps(orders=3, qualified=3, completed=3)),
        (ReferralStatus.REVERSED, Steps(orders=3, reversed=3)),
    ],
)
def test_a_status_says_how_far_referrals_came(status: ReferralStatus, steps: Steps) -> None:
    pending = 3 if status is ReferralStatus.PENDING else 0
    shared = Opened(FIRST, Channel.SMS, shared=True, status=status)
    assert Counts.of(shared, 3) == Counts(shares=3, pending=pending, shared=steps)
    assert Counts.of(shared._replace(shared=False), 3) == Counts(direct=steps)


def test_days_and_channels_are_sorted_and_what_is_not_known_comes_last() -> None:
    later = Opened(FIRST + DAY, None, shared=False, status=ReferralStatus.COMPLETED)
    opened = {
        later: 1,
        later._replace(day=FIRST): 2,
        later._replace(channel=Channel.QR): 4,
        later._replace(channel=Channel.SMS): 8,
    }
    found = funnels(opened, {Followed(FIRST, Channel.EMAIL): 16})
    assert [one.channel for one in found] == [Channel.SMS, Channel.EMAIL, Channel.QR, None]
    assert list(found[-1].days) == [FIRST, FIRST + DAY]
    assert found[-1].total.direct == Steps(orders=3, qualified=3, completed=3)
    assert found[1].total == Counts(visits=16)


def test_what_happened_alike_adds_up() -> None:
    shared = Opened(FIRST, Channel.SMS, shared=True, status=ReferralStatus.PENDING)
    (sms,) = funnels(
        {shared: 2, shared._replace(status=ReferralStatus.EXPIRED): 3},
        {Followed(FIRST, Channel.SMS): 7},
    )
    assert sms.days == {FIRST: Counts(shares=5, pending=2, visits=7)}


def test_a_total_adds_every_count_up() -> None:
    counts = Counts(
        shares=1,
        pending=2,
        visits=3,
        shared=Steps(orders=4, qualified=5, completed=6, reversed=7),
        direct=Steps(orders=8, qualified=9, completed=10, reversed=11),
    )
    days = {FIRST: counts, FIRST + DAY: counts}
    assert ChannelFunnel(channel=None, days=days).total == Counts(
        shares=2,
        pending=4,
        visits=6,
        shared=Steps(orders=8, qualified=10, completed=12, reversed=14),
        direct=Steps(orders=16, qualified=18, completed=20, reversed=22),
    )


def test_what_is_direct_is_no_part_of_the_conversion() -> None:
    counts = Counts(
        shares=100,
        shared=Steps(orders=9, qualified=8, completed=7, reversed=1),
        direct=Steps(orders=50, qualified=50, completed=50),
    )
    funnel = ChannelFunnel(channel=Channel.SOCIAL, days={FIRST: counts, FIRST + DAY: counts})
    assert funnel.conversion == Conversion(completed=14, shares=200)


def test_without_shares_there_is_no_conversion() -> None:
    days = {FIRST: Counts(visits=3, direct=Steps(orders=1, qualified=1, completed=1))}
    assert ChannelFunnel(channel=None, days=days).conversion is None


# Newcombe, Statistics in Medicine 17 (1998), table I, method 3: what he computed
@pytest.mark.parametrize(
    ("completed", "shares", "interval"),
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0000, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_intervals_are_those_of_the_literature(
    completed: int, shares: int, interval: tuple[float, float]
) -> None:
    found = Conversion(completed, shares).interval
    assert tuple(round(bound, 4) for bound in found) == interval


@given(st.integers(1, 10_000_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_bounds_are_the_rates_that_lie_as_far_as_95_percent_allow(
    numbers: tuple[int, int],
) -> None:
    """A bound p solves (rate - p)^2 = z^2 p (1 - p) / n, which exact fractions can tell."""
    completed, shares = numbers
    rate, z2 = Fraction(completed, shares), Fraction(Z) ** 2
    lower, upper = Conversion(completed, shares).interval
    assert 0 <= lower <= rate <= upper <= 1
    for bound in map(Fraction, (lower, upper)):
        off = (rate - bound) ** 2 * shares - z2 * bound * (1 - bound)
        assert abs(off) < 1e-9


@pytest.mark.parametrize("numbers", [(0, 0), (1, 0), (2, 1), (-1, 1)])
def test_nobody_converts_none_or_more_than_there_are(numbers: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"^some of some shares completed, .* or all$"):
        Conversion(*numbers)


@pytest.mark.parametrize("days", [1, 92])
def test_up_to_92_days_may_be_counted(days: int) -> None:
    assert Days(FIRST, FIRST + (days - 1) * DAY).first == FIRST


@pytest.mark.parametrize(
    ("days", "why"),
    [(0, "^is not before the first day$"), (93, "^is one of 92 days from the first on$")],
)
def test_none_and_more_than_92_days_may_not(days: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Days(FIRST, FIRST + (days - 1) * DAY)


def test_days_are_those_of_utc_wherever_the_clock_hangs() -> None:
    late_in_new_york = datetime(2026, 11, 20, 23, tzinfo=timezone(-timedelta(hours=5)))
    assert Days.until(late_in_new_york) == Days(date(2026, 10, 23), date(2026, 11, 21))


@given(st.integers(0, 1 << 32))
def test_no_share_has_the_id_of_an_order(seed: int) -> None:
    assert not SeededIds(seed).referral().is_of_order
    assert ReferralId.of_order(builders.MERCHANT, OrderId(str(seed))).is_of_order


@pytest.fixture
async def world() -> World:
    world = World()
    await world.set_up()
    return world


async def test_a_share_completes_on_the_day_of_the_share_and_is_reversed_there(
    world: World,
) -> None:
    await _order(world, builders.facts())
    (sms,) = (await _funnel(world)).channels
    shared_on = builders.SHARED_AT.date()
    assert sms.channel is Channel.SMS
    assert sms.days == {
        shared_on: Counts(shares=1, shared=Steps(orders=1, qualified=1, completed=1))
    }
    await _order(world, builders.facts(cancelled_at=builders.PLACED_AT))
    (sms,) = (await _funnel(world)).channels
    assert sms.days == {shared_on: Counts(shares=1, shared=Steps(orders=1, reversed=1))}


async def test_a_second_friend_of_a_share_is_direct_on_the_day_of_their_order(
    world: World,
) -> None:
    await _order(world, builders.facts())
    await _order(world, world.order_of_friend(2))
    (sms,) = (await _funnel(world)).channels
    steps = Steps(orders=1, qualified=1, completed=1)
    assert sms.days == {
        builders.SHARED_AT.date(): Counts(shares=1, shared=steps),
        builders.PLACED_AT.date(): Counts(direct=steps),
    }
    assert sms.conversion == Conversion(1, 1)


async def test_a_code_that_a_friend_typed_is_direct_and_has_no_channel(world: World) -> None:
    typed = builders.signal(share=None, channel=None)
    await _order(world, world.order_of_friend(2, signals=(typed,)))
    sms, unknown = (await _funnel(world)).channels
    assert sms.total == Counts(shares=1, pending=1)
    assert unknown.channel is None
    assert unknown.total == Counts(direct=Steps(orders=1, qualified=1, completed=1))


async def test_the_latest_30_days_are_counted_unless_others_are_wanted(world: World) -> None:
    assert (await _funnel(world)).days == Days(date(2026, 10, 22), date(2026, 11, 20))
    day_after = Days(builders.SHARED_AT.date() + DAY, builders.SHARED_AT.date() + DAY)
    assert await _funnel(world, days=day_after) == Funnel(days=day_after, channels=[])


async def test_visits_are_counted_on_the_days_that_are_wanted(world: World) -> None:
    visit = Visit(builders.link().key, None, Channel.QR, date(2026, 11, 20))
    other = visit._replace(link=LinkKey(MerchantId("other"), builders.LINK))
    earlier = visit._replace(day=date(2026, 10, 21))
    async with world.store.begin() as tx:
        await tx.visits.add({visit: 3, other: 5, earlier: 7})
        await tx.commit()
    (_, qr) = (await _funnel(world)).channels
    assert qr.days == {visit.day: Counts(visits=3)}


async def test_one_channel_may_be_wanted(world: World) -> None:
    assert (await _funnel(world, channel=Channel.QR)).channels == []
    (sms,) = (await _funnel(world, channel=Channel.SMS)).channels
    assert sms.total.shares == 1


async def _order(world: World, facts: OrderFacts) -> None:
    await world.deliver(facts)
    await world.work_until_done()


async def _funnel(world: World, **wanted: Any) -> Funnel:
    clock = FixedClock(datetime(2026, 11, 20, 23, 59, tzinfo=UTC))
    return await GetFunnel(begin=world.store.begin, clock=clock)(builders.MERCHANT, **wanted)
