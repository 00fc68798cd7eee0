"""Facts, evidence and program in; one status, or what must be asked first, out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from referrals_domain.model.decision import CORE_LAG, Decision, Undecided, decide
from referrals_domain.model.evidence import Evidence, Questions
from referrals_domain.model.identifiers import CustomerKey, RefundId
from referrals_domain.model.money import Money
from referrals_domain.model.order import Buyer, Refund
from referrals_domain.model.program import CompleteOn
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.model.review import Review, ReviewVerdict
from referrals_domain.testing import builders
from tests.domain.cases import case, case_of, snapshot

if TYPE_CHECKING:
    from referrals_domain.model.rules import Case

INSTANT: Final = timedelta(microseconds=1)
NOW: Final = builders.PLACED_AT + timedelta(seconds=12)
PAID_AT: Final = builders.PLACED_AT + timedelta(hours=3)
HOLD: Final = timedelta(days=14)
LAG_ENDS: Final = builders.PLACED_AT + timedelta(minutes=15)

ADVOCATE: Final = CustomerKey(builders.MERCHANT, builders.ADVOCATE)
FRIEND: Final = CustomerKey(builders.MERCHANT, builders.FRIEND)

APPROVED: Final = Review(ReviewVerdict.APPROVED, PAID_AT)
DENIED: Final = Review(ReviewVerdict.DENIED, PAID_AT)

CANCELLED: Final = Decision(status=ReferralStatus.REVERSED, cause=Cause.ORDER_CANCELLED)
REFUNDED: Final = Decision(status=ReferralStatus.REVERSED, cause=Cause.ORDER_REFUNDED)
COMPLETED: Final = Decision(status=ReferralStatus.COMPLETED, cause=Cause.ORDER_CREATED)


def test_the_good_case_completes() -> None:
    assert decide(case(), at=NOW) == COMPLETED


# Undone first.


@pytest.mark.parametrize(
    "changes",
    [
        {"evidence": Evidence()},
        {"evidence": builders.evidence(merchant_valid=False)},
        {"program": builders.program(active=False)},
        {"program": builders.program(hold=HOLD)},
        {"friend_taken": True},
        {"link": builders.link(revoked_at=builders.SHARED_AT)},
    ],
)
def test_a_cancelled_order_is_reversed_whatever_the_rules_say(changes: dict[str, Any]) -> None:
    facts = builders.facts(cancelled_at=NOW, test=True, buyer=None)
    assert decide(case(facts=facts, **changes), at=NOW) == CANCELLED


def test_a_refunded_order_is_reversed_before_anybody_is_asked() -> None:
    assert decide(_refunded(6710, evidence=Evidence()), at=NOW) == REFUNDED


def test_a_cancelled_and_refunded_order_was_cancelled() -> None:
    facts = builders.facts(cancelled_at=NOW, refunds=(_refund("1", 6710),))
    assert decide(case(facts=facts), at=NOW) == CANCELLED


@pytest.mark.parametrize(
    ("percent", "refunded", "decision"),
    [
        (100, 6710, REFUNDED),
        (100, 6709, COMPLETED),
        (50, 3355, REFUNDED),
        (50, 3354, COMPLETED),
        (33, 2215, REFUNDED),  # 33 % of 67.10 is 22.143
        (33, 2214, COMPLETED),
        (1, 68, REFUNDED),
        (1, 67, COMPLETED),
        (1, 0, COMPLETED),
    ],
)
def test_the_refunded_share_undoes_the_order_or_not(
    percent: int, refunded: int, decision: Decision
) -> None:
    program = builders.program(refund_percent=percent)
    assert decide(_refunded(refunded, program=program), at=NOW) == decision


def test_refunds_add_up() -> None:
    one, rest = _refund("1", 6000), _refund("2", 710)
    assert decide(case(facts=builders.facts(refunds=(one,))), at=NOW) == COMPLETED
    assert decide(case(facts=builders.facts(refunds=(one, rest))), at=NOW) == REFUNDED


def test_a_refund_in_another_currency_does_not_count() -> None:
    foreign = Refund(RefundId("1"), Money(6710, "EUR"))
    assert decide(case(facts=builders.facts(refunds=(foreign,))), at=NOW) == COMPLETED


@pytest.mark.parametrize(
    ("home", "seen", "decision"),
    [(0, 10_000, REFUNDED), (0, 9_999, COMPLETED), (3_355, 5_000, REFUNDED)],
)
def test_a_refund_in_the_currency_that_the_friend_saw_counts_against_the_total_in_it(
    home: int, seen: int, decision: Decision
) -> None:
    both = attrs.evolve(snapshot(6710), presented=Money(10_000, "JPY"))
    back = (_refund("1", home), Refund(RefundId("2"), Money(seen, "JPY")))
    refunded = case(snapshot=both, facts=builders.facts(refunds=back))
    assert decide(refunded, at=NOW) == decision


def test_money_back_for_an_order_of_nothing_undoes_it() -> None:
    facts = builders.facts(refunds=(_refund("1", 1),))
    assert decide(case(facts=facts, snapshot=snapshot(0)), at=NOW) == REFUNDED


def test_an_order_of_nothing_is_not_undone_by_itself() -> None:
    assert decide(case(snapshot=snapshot(0)), at=NOW) == COMPLETED


# Facts before evidence.


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"facts": builders.facts(test=True)}, Cause.TEST_ORDER),
        ({"facts": builders.facts(buyer=None)}, Cause.FRIEND_UNKNOWN),
        (
            {"facts": builders.facts(buyer=Buyer(updated_at=NOW, customer_id=builders.ADVOCATE))},
            Cause.SELF_REFERRAL,
        ),
        ({"link": builders.link(revoked_at=builders.SHARED_AT)}, Cause.LINK_REVOKED),
        ({"program": builders.program(window=INSTANT)}, Cause.OUTSIDE_WINDOW),
        ({"program": builders.program(minimum_order=6711)}, Cause.BELOW_MINIMUM),
        ({"program": builders.program(active=False)}, Cause.MERCHANT_INACTIVE),
        ({"friend_taken": True}, Cause.FRIEND_ALREADY_REFERRED),
    ],
)
def test_where_a_fact_refuses_nobody_is_asked(changes: dict[str, Any], cause: Cause) -> None:
    refused = case(evidence=Evidence(), **changes)
    assert decide(refused, at=NOW) == Decision(status=ReferralStatus.REJECTED, cause=cause)


@pytest.mark.parametrize(
    ("evidence", "cause"),
    [
        (builders.evidence(merchant_valid=False), Cause.MERCHANT_INACTIVE),
        (builders.evidence(advocate_conversions=1), Cause.VELOCITY_CAP),
        (
            builders.evidence(
                customers={
                    builders.ADVOCATE: builders.standing(),
                    builders.FRIEND: builders.standing(frequency=2),
                }
            ),
            Cause.FRIEND_NOT_NEW,
        ),
    ],
)
def test_an_answer_refuses_too(evidence: Evidence, cause: Cause) -> None:
    refused = case(evidence=evidence, program=builders.program(velocity_cap=1))
    assert decide(refused, at=NOW) == Decision(status=ReferralStatus.REJECTED, cause=cause)


# What must be asked.


def test_a_new_case_asks_for_the_merchant_and_both_customers_at_once() -> None:
    assert decide(case(evidence=Evidence()), at=NOW) == Undecided(
        questions=Questions(
            merchants=frozenset({builders.MERCHANT}), customers=frozenset({ADVOCATE, FRIEND})
        )
    )


def test_what_was_answered_is_not_asked_again() -> None:
    known = builders.standing()
    for evidence, questions in [
        (
            builders.evidence(merchant_valid=None),
            Questions(merchants=frozenset({builders.MERCHANT})),
        ),
        (
            builders.evidence(customers={builders.ADVOCATE: known}),
            Questions(customers=frozenset({FRIEND})),
        ),
        (
            builders.evidence(customers={builders.FRIEND: known}),
            Questions(customers=frozenset({ADVOCATE})),
        ),
    ]:
        assert decide(case(evidence=evidence), at=NOW) == Undecided(questions=questions)


# Core may lag behind the shop.


def test_core_may_lag_for_fifteen_minutes() -> None:
    assert timedelta(minutes=15) == CORE_LAG


def test_an_advocate_unknown_just_before_the_lag_ends_is_asked_for_again_when_it_has() -> None:
    assert decide(_stranger(answered_at=LAG_ENDS - INSTANT), at=NOW) == Undecided(
        questions=Questions(customers=frozenset({ADVOCATE})), not_before=LAG_ENDS
    )


def test_an_advocate_still_unknown_when_the_lag_has_ended_is_refused() -> None:
    assert decide(_stranger(answered_at=LAG_ENDS), at=LAG_ENDS) == Decision(
        status=ReferralStatus.REJECTED, cause=Cause.ADVOCATE_UNKNOWN
    )


def test_nothing_waits_for_a_lag_while_another_question_is_open() -> None:
    unknown = builders.standing(known=False)
    undecided = decide(
        case(evidence=builders.evidence(customers={builders.ADVOCATE: unknown})), at=NOW
    )
    assert undecided == Undecided(questions=Questions(customers=frozenset({ADVOCATE, FRIEND})))


def test_nothing_waits_for_a_lag_while_auth_has_not_answered() -> None:
    stranger = _stranger(answered_at=LAG_ENDS - INSTANT)
    evidence = attrs.evolve(stranger.evidence, merchant_valid=None)
    assert decide(attrs.evolve(stranger, evidence=evidence), at=NOW) == Undecided(
        questions=Questions(
            merchants=frozenset({builders.MERCHANT}), customers=frozenset({ADVOCATE})
        )
    )


def test_an_unknown_friend_is_new_at_once() -> None:
    assert not builders.evidence().customers[builders.FRIEND].known
    assert decide(case(), at=NOW) == COMPLETED


# Payment and hold.


def test_an_order_that_is_not_paid_completes_where_the_order_counts() -> None:
    assert decide(case_of(builders.facts(paid_at=None)), at=NOW) == COMPLETED


def test_an_order_that_is_not_paid_waits_where_the_payment_counts() -> None:
    program = builders.program(complete_on=CompleteOn.ORDER_PAID, hold=HOLD)
    decision = decide(case_of(builders.facts(paid_at=None), program=program), at=NOW)
    assert decision == Decision(status=ReferralStatus.QUALIFIED, cause=Cause.AWAITS_PAYMENT)


def test_an_order_that_is_paid_completes_where_the_payment_counts() -> None:
    program = builders.program(complete_on=CompleteOn.ORDER_PAID)
    decision = decide(case_of(builders.facts(paid_at=PAID_AT), program=program), at=PAID_AT)
    assert decision == Decision(status=ReferralStatus.COMPLETED, cause=Cause.ORDER_PAID)


@pytest.mark.parametrize(
    ("complete_on", "since", "cause"),
    [
        (CompleteOn.ORDER_CREATED, builders.PLACED_AT, Cause.ORDER_CREATED),
        (CompleteOn.ORDER_PAID, PAID_AT, Cause.ORDER_PAID),
    ],
)
def test_a_hold_ends_on_its_instant(
    complete_on: CompleteOn, since: datetime, cause: Cause
) -> None:
    held = case_of(
        builders.facts(paid_at=PAID_AT),
        program=builders.program(complete_on=complete_on, hold=HOLD),
    )
    due_at = since + HOLD
    on_hold = Decision(status=ReferralStatus.QUALIFIED, cause=Cause.ON_HOLD, due_at=due_at)
    assert decide(held, at=due_at - INSTANT) == on_hold
    completed = Decision(status=ReferralStatus.COMPLETED, cause=cause)
    assert decide(held, at=due_at) == completed


def test_a_hold_does_not_delay_a_refusal() -> None:
    refused = case(program=builders.program(hold=HOLD), facts=builders.facts(test=True))
    assert decide(refused, at=NOW) == Decision(
        status=ReferralStatus.REJECTED, cause=Cause.TEST_ORDER
    )


# Review.


@pytest.mark.parametrize(
    "changes", [{}, {"hold": HOLD}, {"complete_on": CompleteOn.ORDER_PAID}], ids=str
)
def test_what_is_marked_waits_for_a_review_before_anything_else(changes: dict[str, Any]) -> None:
    assert decide(_marked(**changes), at=NOW) == Decision(
        status=ReferralStatus.QUALIFIED, cause=Cause.IN_REVIEW
    )


def test_what_was_approved_completes_as_if_nothing_had_been_marked() -> None:
    assert decide(_marked(review=APPROVED), at=NOW) == COMPLETED


def test_what_was_approved_still_waits_for_its_hold() -> None:
    decision = decide(_marked(review=APPROVED, hold=HOLD), at=NOW)
    assert isinstance(decision, Decision)
    assert decision.cause is Cause.ON_HOLD


def test_what_was_denied_is_rejected_even_if_the_mark_is_gone() -> None:
    denied = Decision(status=ReferralStatus.REJECTED, cause=Cause.REVIEW_DENIED)
    assert decide(_marked(review=DENIED), at=NOW) == denied
    assert decide(case(evidence=builders.evidence(review=DENIED)), at=NOW) == denied


def test_a_refusal_goes_before_a_mark_and_before_a_denial() -> None:
    too_small = Decision(status=ReferralStatus.REJECTED, cause=Cause.BELOW_MINIMUM)
    for review in (None, APPROVED, DENIED):
        assert decide(_marked(review=review, minimum_order=6711), at=NOW) == too_small


@pytest.mark.parametrize("verdict", [None, *ReviewVerdict])
def test_an_order_that_was_undone_needs_no_review(verdict: ReviewVerdict | None) -> None:
    review = Review(verdict, NOW) if verdict else None
    undone = attrs.evolve(_marked(review=review), facts=builders.facts(cancelled_at=NOW))
    assert decide(undone, at=NOW) == CANCELLED


def _refund(number: str, minor: int) -> Refund:
    return Refund(RefundId(number), Money(minor, "USD"))


def _refunded(minor: int, **changes: Any) -> Case:
    return case(facts=builders.facts(refunds=(_refund("1", minor),)), **changes)


def _marked(*, review: Review | None = None, **program: Any) -> Case:
    return case(
        facts=builders.facts(paid_at=None),
        program=builders.program(velocity_cap=1, review=True, **program),
        evidence=builders.evidence(advocate_conversions=1, review=review),
    )


def _stranger(*, answered_at: datetime) -> Case:
    customers = {
        builders.ADVOCATE: builders.standing(known=False, answered_at=answered_at),
        builders.FRIEND: builders.standing(known=False),
    }
    return case(evidence=builders.evidence(customers=customers))
