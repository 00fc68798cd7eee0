"""What Hypothesis draws: small pools of values, so that ties and repetitions are common."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st

from referrals_domain.model.code import CODE_BITS, ReferralCode
from referrals_domain.model.identifiers import AddressDigest, CustomerId, ReferralId, RefundId
from referrals_domain.model.link import Channel
from referrals_domain.model.money import Money
from referrals_domain.model.order import Buyer, OrderFacts, OrderSnapshot, Refund
from referrals_domain.model.signals import Signal, Source
from referrals_domain.testing import builders

MODEST: Final = settings(max_examples=100, deadline=None)
"""Enough examples to find what is wrong in seconds."""


def examples(few: int, *, most: int | None = None) -> int:
    """Return how many examples to try: a few, or what the profile `thorough` says and not more."""
    if settings.get_current_profile_name() != "thorough" or settings.default is None:
        return few
    many = settings.default.max_examples
    return many if most is None else min(many, most)


codes: Final = st.integers(0, (1 << CODE_BITS) - 1).map(ReferralCode.of_number)


def _time(minutes: int, hours_east: int) -> datetime:
    zone = timezone(timedelta(hours=hours_east))
    return (builders.PLACED_AT + timedelta(minutes=minutes)).astimezone(zone)


_times: Final = st.builds(_time, st.integers(0, 2), st.sampled_from([0, -5]))
_money: Final = st.builds(Money, st.integers(0, 2), st.sampled_from(["EUR", "USD"]))

_addresses: Final = st.none() | st.sampled_from([AddressDigest(digit * 32) for digit in "ab"])
snapshots: Final = st.builds(
    OrderSnapshot,
    updated_at=_times,
    total=_money,
    presented=st.none() | _money,
    address=_addresses,
)
buyers: Final = st.builds(
    Buyer, updated_at=_times, customer_id=st.sampled_from(["1", "2"]).map(CustomerId)
)
refunds: Final = st.builds(
    Refund, id=st.sampled_from(["9", "10", "11"]).map(RefundId), amount=_money
)

_some_code: Final = st.sampled_from([builders.CODE, ReferralCode.of_number(1)])
_some_share: Final = st.sampled_from(
    [builders.REFERRAL, ReferralId("44444444-4444-4444-8444-444444444444")]
)
_named: Final = st.one_of(
    st.tuples(_some_code, st.none()),
    st.tuples(st.none(), _some_share),
    st.tuples(_some_code, _some_share),
)


def _signal(
    source: Source, named: tuple[ReferralCode | None, ReferralId | None], channel: Channel | None
) -> Signal:
    code, share = named
    return Signal(source=source, code=code, share=share, channel=channel)


signals: Final = st.builds(
    _signal,
    st.sampled_from(Source),
    _named,
    st.none() | st.sampled_from([Channel.SMS, Channel.QR]),
)

order_facts: Final = st.builds(
    OrderFacts,
    order_id=st.just(builders.ORDER),
    snapshot=st.none() | snapshots,
    buyer=st.none() | buyers,
    signals=st.lists(signals, max_size=3).map(tuple),
    test=st.booleans(),
    placed_at=st.none() | _times,
    paid_at=st.none() | _times,
    cancelled_at=st.none() | _times,
    refunds=st.lists(refunds, max_size=3).map(tuple),
)
"""Facts of one order."""
