"""The laws of `CustomerValidator`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, TypeAlias

import pytest

from referrals_domain.errors import Unauthenticated
from referrals_domain.model.evidence import CustomerStanding
from referrals_domain.model.identifiers import CustomerId, CustomerKey, MerchantId
from referrals_domain.ports.customer_validator import CustomerValidator
from referrals_domain.testing import builders

CoreThatSays: TypeAlias = Callable[[Mapping[CustomerKey, CustomerStanding]], CustomerValidator]
ANSWERED_AT: Final = builders.standing().answered_at
"""When Core answers in this suite: have your clock stand there."""

FRIEND: Final = CustomerKey(builders.MERCHANT, builders.FRIEND)
ADVOCATE: Final = CustomerKey(builders.MERCHANT, builders.ADVOCATE)
STANDINGS: Final = {
    "unknown": builders.standing(known=False, frequency=0),
    "without a first order": builders.standing(frequency=3),
    "with a first order": builders.standing(
        frequency=3, first_order_time=datetime(2025, 3, 1, 8, 30, tzinfo=UTC)
    ),
}


class CustomerValidatorContract(ABC):
    """
    What Core says and nothing else.

    Override both fixtures to have it test yours.
    """

    @pytest.fixture
    @abstractmethod
    def core_that_says(self) -> CoreThatSays:
        """Return what asks a Core that has these standings, and answers about nobody else."""

    @pytest.fixture
    @abstractmethod
    def refused_by_core(self) -> CustomerValidator:
        """Return what asks with a token that Core does not accept."""

    @pytest.mark.parametrize("standing", STANDINGS.values(), ids=STANDINGS)
    async def test_every_standing_comes_as_it_is(
        self, core_that_says: CoreThatSays, standing: CustomerStanding
    ) -> None:
        assert await core_that_says({FRIEND: standing}).standings([FRIEND]) == {FRIEND: standing}

    async def test_of_many_each_gets_their_own(self, core_that_says: CoreThatSays) -> None:
        standings = {
            CustomerKey(builders.MERCHANT, CustomerId(f"{number}")): builders.standing(
                frequency=number
            )
            for number in range(1, 101)
        }
        assert await core_that_says(standings).standings(standings.keys()) == standings

    async def test_a_customer_of_another_merchant_is_another(
        self, core_that_says: CoreThatSays
    ) -> None:
        other = CustomerKey(MerchantId("other"), builders.FRIEND)
        standings = {FRIEND: builders.standing(), other: builders.standing(frequency=7)}
        assert await core_that_says(standings).standings([FRIEND, other]) == standings

    async def test_who_was_not_answered_about_is_left_out(
        self, core_that_says: CoreThatSays
    ) -> None:
        standings = {FRIEND: builders.standing()}
        assert await core_that_says(standings).standings([FRIEND, ADVOCATE]) == standings

    async def test_about_nobody_nothing_is_said(self, core_that_says: CoreThatSays) -> None:
        assert await core_that_says({FRIEND: builders.standing()}).standings([]) == {}

    async def test_a_token_that_core_does_not_accept_is_an_error(
        self, refused_by_core: CustomerValidator
    ) -> None:
        with pytest.raises(Unauthenticated):
            await refused_by_core.standings([FRIEND])
