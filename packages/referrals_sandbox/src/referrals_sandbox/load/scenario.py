"""
The scenario: what advocates share, and what friends do. The seed decides it all.

The rate is that of honest friends; beside them come so many others that 15 in 100 orders are
suspicious. What a rule has to look back at is arranged before it: the friend who was referred
already, the advocate who has reached the cap.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs

from referrals_domain.model.link import Channel
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_sandbox.load.kinds import SUSPICIOUS, Kind, Outcome, Trace

CAP: Final = 10
"""
How many conversions an advocate may have a day. So many shares each advocate makes, so that only
those reach it who are to.
"""

SUSPICIOUS_SHARE: Final = 0.15  # of the orders: what the field reports

_OTHERS: Final = {Channel.EMAIL: (0.1, 0.4), Channel.WHATSAPP: (0.1, 1.2), Channel.QR: (0.05, 0.8)}
"""Beside each share by SMS, so many by other channels, which convert so much as often."""

_TRACES: Final = {Trace.ALL: 88.5, Trace.LANDING_PAGE: 10, Trace.CODE: 1, Trace.NOTHING: 0.5}
"""Of 100 orders: carts lose their attributes in up to 1 of 100, and some keep the page alone."""

_HOUSEHOLDS: Final = 0.2  # of the honest orders
_LARGEST_HOUSEHOLD: Final = 4
_REFUNDED: Final = 0.05  # of the orders
_LOOKED_AT: Final = 0.3  # of the shares that nobody orders by
_LARGEST_FARM: Final = 5  # orders beyond the cap


@attrs.frozen(kw_only=True)
class Share:
    """
    One share, and what comes of it.

    Args:
        number: Its number; order and friend are numbered alike.
        channel: How the link was shared.
        kind: What is behind the order; None: there is none.
        visits: How often the link is followed before that.
        trace: What the order carries of the share.
        is_refunded: Whether the order is undone.
        household: The number of the household that the friend lives in: it has one address.
        friend: Whose number the friend has; by default the share's own.
    """

    number: int
    channel: Channel
    kind: Kind | None = None
    visits: int = 0
    trace: Trace = Trace.ALL
    is_refunded: bool = False
    household: int | None = None
    friend: int = attrs.field(default=attrs.Factory(lambda self: self.number, takes_self=True))

    @property
    def is_suspicious(self) -> bool:
        """Whether it has an order that must not be rewarded."""
        return self.kind in SUSPICIOUS

    @property
    def converts(self) -> bool:
        """The truth: whether an honest friend ordered, and kept it."""
        return self.kind is Kind.HONEST and not self.is_refunded

    @property
    def outcome(self) -> Outcome | None:
        """Where the order's referral must stand in the end; None: no order can be owed to it."""
        if self.kind is None or self.trace is Trace.NOTHING:
            return None
        if self.is_refunded:
            return Outcome(ReferralStatus.REVERSED, Cause.ORDER_REFUNDED)
        if self.kind.cause:
            return Outcome(ReferralStatus.REJECTED, self.kind.cause)
        return Outcome(ReferralStatus.COMPLETED, Cause.ORDER_CREATED)


@attrs.frozen(kw_only=True)
class Advocate:
    """
    An advocate.

    Args:
        number: Their number.
        shares: What they share, one after the other.
    """

    number: int
    shares: Sequence[Share]


def draw(seed: int, shares: int, conversion: float) -> Sequence[Advocate]:
    """
    Draw a scenario.

    Args:
        seed: Decides it.
        shares: How many shares there are by SMS.
        conversion: How probably an honest friend orders by one of them.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable
    drawn = list(_shares(chance, shares, conversion))
    chance.shuffle(drawn)
    blocks = list(_arranged(chance, drawn))
    farms = [block for block in blocks if len(block) > CAP]
    others = [block for block in blocks if len(block) <= CAP]
    chance.shuffle(others)
    # Farms first: each waits for one order after the other, and so takes longest.
    return [
        Advocate(number=number, shares=own)
        for number, own in enumerate([*farms, *_filled(others)], start=1)
    ]


def _shares(chance: random.Random, by_sms: int, conversion: float) -> Iterator[Share]:
    """Draw every share, and whether an order comes of it."""
    number = 0
    for channel, (part, rate) in {Channel.SMS: (1.0, 1.0), **_OTHERS}.items():
        honest = conversion * rate
        suspicious = honest * SUSPICIOUS_SHARE / (1 - SUSPICIOUS_SHARE)
        for _ in range(round(by_sms * part)):
            number += 1
            share = Share(number=number, channel=channel)
            drawn = chance.random()
            if drawn < honest:
                yield attrs.evolve(share, kind=Kind.HONEST, visits=1)
            elif drawn < honest + suspicious:
                yield attrs.evolve(share, kind=chance.choice(SUSPICIOUS), visits=1)
            else:
                yield attrs.evolve(share, visits=int(chance.random() < _LOOKED_AT))


def _arranged(chance: random.Random, drawn: Iterable[Share]) -> Iterator[Sequence[Share]]:
    """Put together what one advocate has to share, in this order."""
    shares = list(drawn)
    honest = [share for share in shares if share.kind is Kind.HONEST]
    alone = [share for share in shares if share.kind is not Kind.HONEST]
    beyond = [share for share in alone if share.kind is Kind.VELOCITY_CAP]
    while beyond:
        orders, beyond = beyond[:_LARGEST_FARM], beyond[_LARGEST_FARM:]
        if len(honest) < CAP:  # a small run; then they do what needs nobody else
            yield from ([attrs.evolve(one, kind=Kind.SELF_REFERRAL)] for one in orders)
            continue
        yield [*(honest.pop() for _ in range(CAP)), *orders]
    for share in alone:
        if share.kind is Kind.FRIEND_ALREADY_REFERRED:
            if not honest:
                yield [attrs.evolve(share, kind=Kind.SELF_REFERRAL)]
                continue
            first = honest.pop()
            yield [first, attrs.evolve(share, friend=first.number)]
        elif share.kind is not Kind.VELOCITY_CAP:
            yield [share]
    yield from _households(chance, honest)


def _households(chance: random.Random, honest: Sequence[Share]) -> Iterator[Sequence[Share]]:
    """Have some friends live together, and others go their own ways."""
    left = list(honest)
    together = round(_HOUSEHOLDS * len(left))
    while together > 1:
        size = min(chance.randint(2, _LARGEST_HOUSEHOLD), together)
        number = left[-1].number
        yield [attrs.evolve(left.pop(), household=number) for _ in range(size)]
        together -= size
    for share in left:
        (trace,) = chance.choices(list(_TRACES), list(_TRACES.values()))
        yield [attrs.evolve(share, trace=trace, is_refunded=chance.random() < _REFUNDED)]


def _filled(blocks: Iterable[Sequence[Share]]) -> Iterator[Sequence[Share]]:
    """Fill advocates up to the cap; who revokes their link shares nothing after that."""
    own: list[Share] = []
    for block in blocks:
        if len(own) + len(block) > CAP:
            yield own
            own = []
        own = [*own, *block]
        if block[-1].kind is Kind.LINK_REVOKED:
            yield own
            own = []
    if own:
        yield own
