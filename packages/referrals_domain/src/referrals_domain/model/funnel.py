"""
The funnel: what came of a merchant's shares, by channel and day.

A referral counts for the day (UTC) on which it was opened, as it stands now: the rate of a day's
shares rises with their late orders, and falls with their reversals. A visit counts for the day on
which it happened. docs/funnel.md tells the merchant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from math import sqrt
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import attrs

from referrals_domain.model.link import Channel
from referrals_domain.model.referral import HOLDS_THE_FRIEND, ReferralStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_DAYS: Final = 92
"""A quarter of a year; what is read grows with it."""

USUAL_DAYS: Final = 30

_Z: Final = 1.959963984540054
"""Standard deviations within which 95 % of a normal distribution lie."""

_DAY: Final = timedelta(days=1)
_HAS_AN_ORDER: Final = frozenset(ReferralStatus) - {
    ReferralStatus.PENDING,
    ReferralStatus.EXPIRED,
}


@attrs.frozen
class Days:
    """
    Days (UTC) that follow each other.

    Args:
        first: The first of them.
        last: The last of them.

    Raises:
        ValueError: They are none, or more than 92.

    >>> Days(date(2026, 11, 2), date(2026, 11, 1))
    Traceback (most recent call last):
    ValueError: is not before the first day
    """

    first: date
    last: date

    def __attrs_post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("is not before the first day")
        if self.last - self.first >= MOST_DAYS * _DAY:
            raise ValueError(f"is one of {MOST_DAYS} days from the first on")

    @classmethod
    def until(cls, now: datetime) -> Self:
        """Return today and the 29 days before."""
        today = now.astimezone(UTC).date()
        return cls(today - (USUAL_DAYS - 1) * _DAY, today)

    @property
    def begin(self) -> datetime:
        """Their first instant."""
        return datetime.combine(self.first, time.min, UTC)

    @property
    def end(self) -> datetime:
        """Their last instant, to the microsecond."""
        return datetime.combine(self.last, time.max, UTC)


class Opened(NamedTuple):
    """
    Referrals that began alike and stand alike.

    Args:
        day: The day (UTC) on which they were opened.
        channel: How the link was shared; None where an order did not say.
        shared: Whether shares opened them, and not orders.
        status: Where they stand.
    """

    day: date
    channel: Channel | None
    shared: bool
    status: ReferralStatus


class Followed(NamedTuple):
    """Visits of one day (UTC) by URLs of one channel; None: the URL did not say."""

    day: date
    channel: Channel | None


@attrs.frozen(kw_only=True)
class Steps:
    """
    How far referrals came, as they stand now; what is neither qualified nor reversed was rejected.

    Args:
        orders: An order is bound to them.
        qualified: No rule refused that order, and it stands.
        completed: And it counts.
        reversed: It was undone, whether it had counted before or not.
    """

    orders: int = 0
    qualified: int = 0
    completed: int = 0
    reversed: int = 0

    @classmethod
    def of(cls, status: ReferralStatus, number: int) -> Self:
        """Return how far so many came that stand there."""
        return cls(
            orders=number * (status in _HAS_AN_ORDER),
            qualified=number * (status in HOLDS_THE_FRIEND),
            completed=number * (status is ReferralStatus.COMPLETED),
            reversed=number * (status is ReferralStatus.REVERSED),
        )

    def __add__(self, other: Steps) -> Steps:
        return Steps(
            orders=self.orders + other.orders,
            qualified=self.qualified + other.qualified,
            completed=self.completed + other.completed,
            reversed=self.reversed + other.reversed,
        )


@attrs.frozen(kw_only=True)
class Counts:
    """
    What happened by one channel.

    Args:
        shares: The shares.
        pending: Those of the shares that still wait for an order.
        visits: How often URLs were followed, those of shares and bare ones.
        shared: How far the shares came, each by the first order that came of it.
        direct: How far referrals came that an order opened: by a code, by a bare URL, or by a
            share that had its order already.
    """

    shares: int = 0
    pending: int = 0
    visits: int = 0
    shared: Steps = Steps()
    direct: Steps = Steps()

    @classmethod
    def of(cls, opened: Opened, number: int) -> Self:
        """Return what so many referrals count."""
        steps = Steps.of(opened.status, number)
        if not opened.shared:
            return cls(direct=steps)
        pending = number * (opened.status is ReferralStatus.PENDING)
        return cls(shares=number, pending=pending, shared=steps)

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            shares=self.shares + other.shares,
            pending=self.pending + other.pending,
            visits=self.visits + other.visits,
            shared=self.shared + other.shared,
            direct=self.direct + other.direct,
        )


@attrs.frozen
class Conversion:
    """
    Which part of shares completed.

    Args:
        completed: How many of them did.
        shares: How many there are.

    Raises:
        ValueError: There are none, or more completed than there are.
    """

    completed: int
    shares: int

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.completed <= self.shares or not self.shares:
            raise ValueError("some of some shares completed, or none did, or all")

    @property
    def rate(self) -> float:
        """
        The part itself.

        >>> Conversion(7, 100).rate
        0.07
        """
        return self.completed / self.shares

    @property
    def interval(self) -> tuple[float, float]:
        """
        Between which rates the true one lies, with 95 % confidence.

        E. B. Wilson's score interval (1927), which holds for few shares and for rates near 0.

        >>> [round(bound, 4) for bound in Conversion(7, 100).interval]
        [0.0343, 0.1375]
        >>> [round(bound, 4) for bound in Conversion(0, 20).interval]
        [0.0, 0.1611]
        """
        n, p, z2 = self.shares, self.rate, _Z * _Z
        middle = p + z2 / (2 * n)
        reach = _Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        lower, upper = ((middle + way) / (1 + z2 / n) for way in (-reach, reach))
        return max(0.0, min(lower, p)), min(1.0, max(upper, p))  # whatever was rounded


@attrs.frozen(kw_only=True)
class ChannelFunnel:
    """
    The funnel of one channel.

    Args:
        channel: The channel; None: not known, as when a friend typed the code.
        days: What happened on each day; days on which nothing did are left out.
    """

    channel: Channel | None
    days: Mapping[date, Counts]

    @property
    def total(self) -> Counts:
        """What happened on all days."""
        return sum(self.days.values(), start=Counts())

    @property
    def conversion(self) -> Conversion | None:
        """Which part of the shares completed; None: there are none."""
        total = self.total
        return Conversion(total.shared.completed, total.shares) if total.shares else None


def funnels(
    opened: Mapping[Opened, int], followed: Mapping[Followed, int]
) -> Sequence[ChannelFunnel]:
    """Return the funnel of each channel by which anything happened, what is not known last."""
    counts: defaultdict[Channel | None, defaultdict[date, Counts]]
    counts = defaultdict(lambda: defaultdict(Counts))
    for group, number in opened.items():
        counts[group.channel][group.day] += Counts.of(group, number)
    for (day, channel), number in followed.items():
        counts[channel][day] += Counts(visits=number)
    return [
        ChannelFunnel(channel=channel, days=dict(sorted(counts[channel].items())))
        for channel in (*Channel, None)
        if channel in counts
    ]
