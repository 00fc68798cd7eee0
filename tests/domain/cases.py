"""The case of the builders, which completes; a test changes only what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from referrals_domain.model.events import EventAttribution
from referrals_domain.model.money import Money
from referrals_domain.model.order import OrderFacts, OrderSnapshot
from referrals_domain.model.signals import Source
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from referrals_domain.model.rules import Case

SIGNAL: Final = EventAttribution(Source.NOTE_ATTRIBUTES, builders.CODE)
case: Final = builders.case


def case_of(facts: OrderFacts, **changes: Any) -> Case:
    """Return the case of these facts."""
    if facts.snapshot is None or facts.placed_at is None:
        raise ValueError("a case has a snapshot and a time")
    return case(facts=facts, snapshot=facts.snapshot, placed_at=facts.placed_at, **changes)


def snapshot(minor: int, currency: str = "USD") -> OrderSnapshot:
    """Return a snapshot with another total."""
    return OrderSnapshot(updated_at=builders.PLACED_AT, total=Money(minor, currency))
