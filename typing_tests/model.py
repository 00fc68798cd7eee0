"""What the pure functions of the model return."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

from referrals_domain.model.attribution import Attribution, attribute
from referrals_domain.model.decision import (
    Decision,
    Transition,
    Undecided,
    decide,
    explain,
    transition,
)
from referrals_domain.model.events import EventAttribution, ReferralEvent
from referrals_domain.model.explanation import Explanation
from referrals_domain.model.identifiers import CustomerId, MerchantId
from referrals_domain.model.order import OrderFacts
from referrals_domain.model.referral import Cause, Referral, StatusView
from referrals_domain.model.rules import RULES_ON_FACTS, Case, first_refusal

if TYPE_CHECKING:
    from datetime import datetime


def facts_merge_to_facts(facts: OrderFacts, merchant_id: MerchantId) -> None:
    """Merging returns the same type; a friend or an attribution may be missing."""
    assert_type(facts.merge(facts), OrderFacts)
    assert_type(facts.customer_id, CustomerId | None)
    assert_type(attribute(merchant_id, facts.signals, links={}, shares={}), Attribution | None)
    facts.test = True  # type: ignore[misc]


def a_case_is_decided_or_asks(
    case: Case, referral: Referral, signal: EventAttribution, at: datetime
) -> None:
    """Whoever decides must look at both answers."""
    answer = decide(case, at=at)
    assert_type(answer, Decision | Undecided)
    assert_type(first_refusal(RULES_ON_FACTS, case), Cause | None)
    assert_type(explain(case, at=at), Explanation)
    answer.status  # type: ignore[union-attr]  # noqa: B018 - an Undecided has none
    if isinstance(answer, Decision):
        moved = transition(referral, case, answer, signal=signal, at=at)
        assert_type(moved, Transition | None)
        if moved:
            assert_type(moved.event, ReferralEvent | None)
            assert_type(moved.referral.view, StatusView)
