"""The laws of `Ids`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final
from uuid import UUID

import pytest

if TYPE_CHECKING:
    from referrals_domain.ports.ids import Ids

MANY: Final = 1_000
"""Of so many codes of 45 bits two are alike once in 70 million times."""

_OF_ORDERS: Final = 5
"""The version of the UUIDs of referrals that an order opens."""


class IdsContract(ABC):
    """
    Nothing comes twice.

    Override `ids` to have it test yours.
    """

    @pytest.fixture
    @abstractmethod
    def ids(self) -> Ids:
        """Return what makes them."""

    def test_no_two_links_have_the_same_id(self, ids: Ids) -> None:
        assert len({ids.link() for _ in range(MANY)}) == MANY

    def test_no_two_referrals_have_the_same_id(self, ids: Ids) -> None:
        assert len({ids.referral() for _ in range(MANY)}) == MANY

    def test_no_id_of_a_referral_is_one_that_an_order_could_make(self, ids: Ids) -> None:
        assert _OF_ORDERS not in {UUID(ids.referral()).version for _ in range(MANY)}

    def test_no_two_codes_are_the_same(self, ids: Ids) -> None:
        assert len({ids.code() for _ in range(MANY)}) == MANY

    def test_no_two_keys_are_the_same(self, ids: Ids) -> None:
        keys = [ids.merchant_key() for _ in range(10)]
        assert not [key for key in keys if keys.count(key) > 1]
