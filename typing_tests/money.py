"""Money is made whole and never changed."""

from __future__ import annotations

from typing import assert_type

from referrals_domain.model.money import Money


def money_is_exact() -> None:
    """Minor units are whole numbers, amounts are text."""
    assert_type(Money.parse("62.10", "USD"), Money)
    assert_type(Money(6210, "USD").minor, int)
    assert_type(Money(6210, "USD").amount, str)
    Money(62.10, "USD")  # type: ignore[arg-type]
    Money.parse(62.10, "USD")  # type: ignore[arg-type]
    Money(6210)  # type: ignore[call-arg]


def money_does_not_change(money: Money) -> None:
    """A value is frozen."""
    money.minor = 0  # type: ignore[misc]
