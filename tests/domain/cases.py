"""The case of the builders, which completes; a test changes only what it is about."""

from __future__ import annotations

from typing import Any, Final

import attrs

from referrals_domain.model.events import EventAttribution
from referrals_domain.model.money import Money
from referrals_domain.model.order import OrderFacts, OrderSnapshot
from referrals_domain.model.rules import Case
from referrals_domain.model.signals import Source
from referrals_domain.testing import builders

SIGNAL: Final = EventAttribution(Source.NOTE_ATTRIBUTES, builders.CODE)


def case(**changes: Any) -> Case:
    """Return a case that no rule refuses and that completes at once."""
    return attrs.evolve(
        Case(
            facts=builders.facts(),
            snapshot=snapshot(6710),
            placed_at=builders.PLACED_AT,
            link=builders.link(),
            referral=builders.referral(),
            program=builders.program(),
            evidence=builders.evidence(),
            friend_taken=False,
        ),
        **changes,
    )


def case_of(facts: OrderFacts, **changes: Any) -> Case:
    """Return the case of these facts."""
    if facts.snapshot is None or facts.placed_at is None:
        raise ValueError("a case has a snapshot and a time")
    return case(facts=facts, snapshot=facts.snapshot, placed_at=facts.placed_at, **changes)


def snapshot(minor: int, currency: str = "USD") -> OrderSnapshot:
    """Return a snapshot with another total."""
    return OrderSnapshot(updated_at=builders.PLACED_AT, total=Money(minor, currency))
