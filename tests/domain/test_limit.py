"""A limit lets two seconds' worth pass at once."""

from __future__ import annotations

import pytest

from referrals_domain.model.limit import Limit


@pytest.mark.parametrize(("a_second", "at_once"), [(1, 2), (100, 200)])
def test_after_a_rest_two_seconds_worth_may_pass_at_once(a_second: int, at_once: int) -> None:
    assert Limit(a_second).at_once == at_once


def test_a_limit_lets_something_pass() -> None:
    with pytest.raises(ValueError, match=">= 1"):
        Limit(0)
