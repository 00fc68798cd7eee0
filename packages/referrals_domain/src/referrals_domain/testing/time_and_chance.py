"""A clock that stands still and ids that repeat."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import attrs

from referrals_domain.model.code import CODE_BITS, ReferralCode
from referrals_domain.model.identifiers import LinkId, ReferralId
from referrals_domain.model.merchant_key import MerchantKey
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.ids import Ids


@attrs.define
class FixedClock(Clock):
    """
    A clock that moves only when it is told to.

    >>> clock = FixedClock()
    >>> clock.advance(timedelta(days=1))
    >>> str(clock.now())
    '2026-11-21 15:15:40+00:00'
    """

    time: datetime = datetime(2026, 11, 20, 15, 15, 40, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the time that was set."""
        return self.time

    def advance(self, by: timedelta) -> None:
        """Move the clock."""
        self.time += by


class SeededIds(Ids):
    """
    Ids and codes that are the same in every run with the same seed.

    >>> SeededIds(7).code() == SeededIds(7).code() != SeededIds(8).code()
    True
    """

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable, and only for tests

    def link(self) -> LinkId:
        """Return the next id."""
        return LinkId(self._uuid())

    def referral(self) -> ReferralId:
        """Return the next id."""
        return ReferralId(self._uuid())

    def code(self) -> ReferralCode:
        """Return the next code."""
        return ReferralCode.of_number(self._random.getrandbits(CODE_BITS))

    def merchant_key(self) -> MerchantKey:
        """Return the next key."""
        return MerchantKey(self._random.randbytes(32))

    def _uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))
