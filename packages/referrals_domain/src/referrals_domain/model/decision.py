"""The decision: the whole of facts, evidence and program in, one status out."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.model.events import (
    ReferralCompleted,
    ReferralEvent,
    ReferralReversed,
)
from referrals_domain.model.evidence import Questions
from referrals_domain.model.explanation import Explanation
from referrals_domain.model.identifiers import CustomerKey
from referrals_domain.model.program import CompleteOn
from referrals_domain.model.referral import Cause, Referral, ReferralStatus
from referrals_domain.model.rules import (
    RULES_ON_EVIDENCE,
    RULES_ON_FACTS,
    RULES_ON_SUSPICION,
    awaits_review,
    first_refusal,
    verdicts,
)

if TYPE_CHECKING:
    from referrals_domain.model.events import (
        EventAttribution,
    )
    from referrals_domain.model.program import ReferralProgram
    from referrals_domain.model.rules import (
        Case,
    )

CORE_LAG: Final = timedelta(minutes=15)
"""How long after an order Core may still not know its advocate."""


@attrs.frozen(kw_only=True)
class Decision:
    """
    The status that the facts, the evidence and the program give.

    Args:
        status: The status.
        cause: Why.
        due_at: When a QUALIFIED referral is to be decided again.
    """

    status: ReferralStatus
    cause: Cause
    due_at: datetime | None = None


@attrs.frozen(kw_only=True)
class Undecided:
    """
    What must be known first.

    Args:
        questions: What is to be asked of Auth and Core.
        not_before: When asking again makes sense; None: now.
    """

    questions: Questions
    not_before: datetime | None = None


@attrs.frozen(kw_only=True)
class Transition:
    """
    A new version of a referral.

    Args:
        referral: The referral as it is now.
        from_status: The status before; None if this opened it.
        event: What other services hear of it.
    """

    referral: Referral
    from_status: ReferralStatus | None
    event: ReferralEvent | None = None


def decide(case: Case, *, at: datetime) -> Decision | Undecided:
    """
    Decide a case at a time.

    An order that was undone is REVERSED whatever the rules say; a rule that needs no answer
    refuses without asking; what a rule marks waits for a review; what no rule refuses waits for
    payment and hold, or completes. It counts how the program is now, not how it was when the link
    was shared or the order placed.

    >>> from referrals_domain.testing import builders
    >>> def told(case, days=1):
    ...     decision = decide(case, at=builders.PLACED_AT + timedelta(days))
    ...     return f"{decision.status}: {decision.cause}"
    >>> told(builders.case())
    'COMPLETED: order_created'
    >>> held = builders.case(program=builders.program(hold=timedelta(14)))
    >>> told(held, days=13), told(held, days=14)
    ('QUALIFIED: on_hold', 'COMPLETED: order_created')
    >>> told(builders.case(friend_taken=True))
    'REJECTED: friend_already_referred'
    >>> told(builders.case(facts=builders.facts(cancelled_at=builders.PLACED_AT)))
    'REVERSED: order_cancelled'
    """
    undone = _undone_by(case)
    if undone:
        return Decision(status=ReferralStatus.REVERSED, cause=undone)
    refusal = first_refusal(RULES_ON_FACTS, case)
    if refusal is None:
        undecided = _open_questions(case)
        if undecided:
            return undecided
        refusal = first_refusal(RULES_ON_EVIDENCE + RULES_ON_SUSPICION, case)
    if refusal:
        return Decision(status=ReferralStatus.REJECTED, cause=refusal)
    if awaits_review(case):
        return Decision(status=ReferralStatus.QUALIFIED, cause=Cause.IN_REVIEW)
    return _completion(case, at)


def explain(case: Case, *, at: datetime) -> Explanation:
    """
    Tell how a case is decided at a time.

    Every rule is judged that can be, also where the decision did not need it; the others were
    not asked.
    """
    return Explanation(
        decided_at=at,
        program_version=case.program.version,
        verdicts=verdicts(case, answered=_open_questions(case) is None),
    )


def opened(referral: Referral) -> Transition:
    """Return the transition that brought a first version."""
    return Transition(referral=referral, from_status=None)


def transition(
    referral: Referral, case: Case, decision: Decision, *, signal: EventAttribution, at: datetime
) -> Transition | None:
    """
    Bind the referral to the order and give it the decided status; None if nothing changed.

    Entering COMPLETED makes `ReferralCompleted`, leaving it `ReferralReversed`: so a reversal is
    heard of only if a completion was. It is left for REVERSED when the order is undone, and for
    any other status that new facts, or a program that changed meanwhile, give.
    """
    decided = attrs.evolve(
        referral,
        order_id=case.facts.order_id,
        referred_customer_id=case.facts.customer_id,
        status=decision.status,
        cause=decision.cause,
        due_at=decision.due_at,
    )
    if decided == referral:
        return None
    after = attrs.evolve(decided, version=referral.version + 1, updated_at=at)
    return Transition(
        referral=after,
        from_status=referral.status,
        event=_event(referral, after, case, signal),
    )


def expire(referral: Referral, program: ReferralProgram, *, at: datetime) -> Transition | None:
    """
    Give a share up; None while an order may still come in time, or once one came.

    An order that was placed in time and is reported later lifts it again.

    >>> from referrals_domain.testing import builders
    >>> share, program = builders.referral(), builders.program(window=timedelta(30))
    >>> expire(share, program, at=builders.SHARED_AT + timedelta(29, hours=23)) is None
    True
    >>> expire(share, program, at=builders.SHARED_AT + timedelta(30)).referral.status
    <ReferralStatus.EXPIRED: 'EXPIRED'>
    """
    if referral.status is not ReferralStatus.PENDING or at < referral.window_ends(program):
        return None
    after = attrs.evolve(
        referral,
        status=ReferralStatus.EXPIRED,
        cause=Cause.NO_ORDER,
        version=referral.version + 1,
        updated_at=at,
    )
    return Transition(referral=after, from_status=referral.status)


def _undone_by(case: Case) -> Cause | None:
    if case.facts.cancelled_at:
        return Cause.ORDER_CANCELLED
    if _refunded(case) * 100 >= case.program.refund_percent:
        return Cause.ORDER_REFUNDED
    return None


def _refunded(case: Case) -> Fraction:
    """Return the share of the total that went back, each currency against the total in it."""
    totals = {total.currency: total.minor for total in case.snapshot.totals}
    back = [refund.amount for refund in case.facts.refunds if refund.amount.currency in totals]
    return sum(
        (Fraction(amount.minor, totals[amount.currency] or amount.minor) for amount in back),
        start=Fraction(0),
    )


def _open_questions(case: Case) -> Undecided | None:
    merchant_id = case.link.merchant_id
    standing = case.customers.get(case.link.customer_id)
    core_may_lag = case.placed_at + CORE_LAG
    lagging = standing and not standing.known and standing.answered_at < core_may_lag
    parties = {case.link.customer_id, case.facts.customer_id}
    unasked = {id_ for id_ in parties if id_ and id_ not in case.customers}
    questions = Questions(
        merchants=frozenset({merchant_id} if case.evidence.merchant_valid is None else ()),
        customers=frozenset(
            CustomerKey(merchant_id, id_)
            for id_ in unasked | ({case.link.customer_id} if lagging else set())
        ),
    )
    if not questions:
        return None
    waits = lagging and not unasked and not questions.merchants
    return Undecided(questions=questions, not_before=core_may_lag if waits else None)


def _completion(case: Case, at: datetime) -> Decision:
    program = case.program
    since, cause = case.placed_at, Cause.ORDER_CREATED
    if program.complete_on is CompleteOn.ORDER_PAID:
        if case.facts.paid_at is None:
            return Decision(status=ReferralStatus.QUALIFIED, cause=Cause.AWAITS_PAYMENT)
        since, cause = case.facts.paid_at, Cause.ORDER_PAID
    due_at = since + program.hold
    if program.hold and at < due_at:
        return Decision(status=ReferralStatus.QUALIFIED, cause=Cause.ON_HOLD, due_at=due_at)
    return Decision(status=ReferralStatus.COMPLETED, cause=cause)


def _event(
    before: Referral, after: Referral, case: Case, signal: EventAttribution
) -> ReferralEvent | None:
    was, is_ = (referral.status is ReferralStatus.COMPLETED for referral in (before, after))
    if was == is_:
        return None
    kind, friend = (
        (ReferralCompleted, after.referred_customer_id)
        if is_
        else (ReferralReversed, before.referred_customer_id)
    )
    if friend is None:
        raise AssertionError("a completed referral has a friend")
    return kind(
        referral_id=after.id,
        merchant_id=after.merchant_id,
        customer_id=after.customer_id,
        referred_customer_id=friend,
        referral_link_id=after.referral_link_id,
        channel=after.channel,
        order_id=case.facts.order_id,
        order_total=case.snapshot.total,
        from_status=before.status,
        status=after.status,
        version=after.version,
        occurred_at=after.updated_at,
        attribution=signal,
        cause=after.cause,
    )
