"""The clock and the chance of the machine keep the laws of their ports."""

from __future__ import annotations

import pytest

from referrals_adapters.system.clock import SystemClock
from referrals_adapters.system.ids import RandomIds
from referrals_domain.testing.contracts.clock import ClockContract
from referrals_domain.testing.contracts.ids import IdsContract


class TestSystemClock(ClockContract):
    @pytest.fixture
    def clock(self) -> SystemClock:
        return SystemClock()


class TestRandomIds(IdsContract):
    @pytest.fixture
    def ids(self) -> RandomIds:
        return RandomIds()
