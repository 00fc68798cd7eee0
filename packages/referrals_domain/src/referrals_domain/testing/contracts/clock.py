"""The laws of `Clock`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from referrals_domain.ports.clock import Clock


class ClockContract(ABC):
    """
    The time is UTC.

    Override `clock` to have it test yours.
    """

    @pytest.fixture
    @abstractmethod
    def clock(self) -> Clock:
        """Return the clock."""

    def test_the_time_has_its_time_zone_which_is_utc(self, clock: Clock) -> None:
        assert clock.now().utcoffset() == timedelta(0)
