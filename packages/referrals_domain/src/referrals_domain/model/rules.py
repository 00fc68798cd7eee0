"""
The rules that refuse a referral, or mark it for a person to look at.

To add one: write the function here, put it in its list, and give it a `Cause` in `referral.py`; a
rule that names `Cause.IN_REVIEW` marks. The order of the lists is the order in which reasons are
named. A function's name is the rule's name for good: explanations are stored with it, and
frontends know it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from referrals_domain.model.evidence import Evidence
from referrals_domain.model.explanation import RuleVerdict, Verdict
from referrals_domain.model.link import ReferralLink
from referrals_domain.model.order import OrderFacts, OrderSnapshot
from referrals_domain.model.program import ReferralProgram
from referrals_domain.model.referral import Cause, Referral
from referrals_domain.model.review import ReviewVerdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_domain.model.evidence import CustomerStanding
    from referrals_domain.model.identifiers import CustomerId


@attrs.frozen(kw_only=True)
class Case:
    """
    Everything that a rule may look at.

    Args:
        facts: The merged facts of the order.
        snapshot: The latest snapshot of the facts.
        placed_at: When the order was placed.
        link: The link that the order is owed to.
        referral: The referral that the order is bound to, or opens.
        program: The merchant's program.
        evidence: What Auth and Core answered so far.
        friend_taken: Whether another referral already holds the friend.
    """

    facts: OrderFacts
    snapshot: OrderSnapshot
    placed_at: datetime
    link: ReferralLink
    referral: Referral
    program: ReferralProgram
    evidence: Evidence
    friend_taken: bool

    @property
    def customers(self) -> Mapping[CustomerId, CustomerStanding]:
        """What Core said of the customers."""
        return self.evidence.customers

    @property
    def has_reviewer(self) -> bool:
        """Whether suspicion is a person's business: the program says so, or a person decided."""
        return self.program.review or self.evidence.review is not None


Rule: TypeAlias = Callable[[Case], Cause | None]


def order_is_not_a_test(case: Case) -> Cause | None:
    """A test order earns nothing."""
    return Cause.TEST_ORDER if case.facts.test else None


def friend_is_named(case: Case) -> Cause | None:
    """An order without a customer has no friend whom Core could know."""
    return Cause.FRIEND_UNKNOWN if case.facts.customer_id is None else None


def advocate_is_not_the_friend(case: Case) -> Cause | None:
    """A customer cannot refer themselves."""
    return Cause.SELF_REFERRAL if case.facts.customer_id == case.link.customer_id else None


def link_was_active(case: Case) -> Cause | None:
    """Orders placed since the link was revoked earn nothing."""
    revoked_at = case.link.revoked_at
    return Cause.LINK_REVOKED if revoked_at and case.placed_at >= revoked_at else None


def order_is_within_the_window(case: Case) -> Cause | None:
    """The order was placed before the program's window after the share ended."""
    end = case.referral.window_ends(case.program)
    return Cause.OUTSIDE_WINDOW if case.placed_at >= end else None


def order_reaches_the_minimum(case: Case) -> Cause | None:
    """The total, in the shop's currency, is not below the program's minimum."""
    return Cause.BELOW_MINIMUM if case.snapshot.total.minor < case.program.minimum_order else None


def program_is_active(case: Case) -> Cause | None:
    """The merchant has not switched the program off."""
    return None if case.program.active else Cause.MERCHANT_INACTIVE


def friend_is_not_referred_yet(case: Case) -> Cause | None:
    """A friend is rewarded for once at a merchant."""
    return Cause.FRIEND_ALREADY_REFERRED if case.friend_taken else None


def merchant_is_valid(case: Case) -> Cause | None:
    """Auth vouches for the merchant."""
    return None if case.evidence.merchant_valid else Cause.MERCHANT_INACTIVE


def advocate_is_known(case: Case) -> Cause | None:
    """Core knows the advocate."""
    return None if case.customers[case.link.customer_id].known else Cause.ADVOCATE_UNKNOWN


def friend_is_new(case: Case) -> Cause | None:
    """
    The friend had not ordered before this order.

    Core does not know a new friend, or knows this order as their first; where it has no time of
    the first order, it has counted one order at most.

    >>> from referrals_domain.testing import builders
    >>> friend_is_new(builders.case()) is None
    True
    >>> earlier = builders.standing(first_order_time=builders.SHARED_AT)
    >>> known = {builders.ADVOCATE: builders.standing(), builders.FRIEND: earlier}
    >>> friend_is_new(builders.case(evidence=builders.evidence(customers=known)))
    <Cause.FRIEND_NOT_NEW: 'friend_not_new'>
    """
    friend = case.customers[case.facts.customer_id] if case.facts.customer_id else None
    if friend is None or not case.program.new_friends_only or not friend.known:
        return None
    if friend.first_order_time is not None:
        return Cause.FRIEND_NOT_NEW if friend.first_order_time < case.placed_at else None
    return Cause.FRIEND_NOT_NEW if friend.frequency > 1 else None


def advocate_is_below_the_cap(case: Case) -> Cause | None:
    """The advocate has conversions left on the order's day."""
    cap = case.program.velocity_cap
    had = case.evidence.advocate_conversions or 0
    if not cap or had < cap:
        return None
    return Cause.IN_REVIEW if case.has_reviewer else Cause.VELOCITY_CAP


def address_is_not_shared(case: Case) -> Cause | None:
    """
    No other friend of the advocate ordered from the same address.

    Honest households share one, so this never refuses: without a reviewer it says nothing.
    """
    check = case.evidence.address
    shared = check is not None and check.shared and check.address == case.snapshot.address
    return Cause.IN_REVIEW if shared and case.has_reviewer else None


def review_did_not_deny(case: Case) -> Cause | None:
    """Nobody who looked at the order found that it must not count."""
    review = case.evidence.review
    denied = review is not None and review.verdict is ReviewVerdict.DENIED
    return Cause.REVIEW_DENIED if denied else None


RULES_ON_FACTS: Final[tuple[Rule, ...]] = (
    order_is_not_a_test,
    friend_is_named,
    advocate_is_not_the_friend,
    link_was_active,
    order_is_within_the_window,
    order_reaches_the_minimum,
    program_is_active,
    friend_is_not_referred_yet,
)
"""What can be judged without asking anybody; a refusal here asks nobody."""

RULES_ON_EVIDENCE: Final[tuple[Rule, ...]] = (
    merchant_is_valid,
    advocate_is_known,
    friend_is_new,
)
"""What needs the answers of Auth and Core."""

RULES_ON_SUSPICION: Final[tuple[Rule, ...]] = (
    advocate_is_below_the_cap,
    address_is_not_shared,
    review_did_not_deny,
)
"""What we counted ourselves, and what a person made of it; any other reason weighs more."""

RULES: Final = RULES_ON_FACTS + RULES_ON_EVIDENCE + RULES_ON_SUSPICION
"""Every rule."""


def first_refusal(rules: tuple[Rule, ...], case: Case) -> Cause | None:
    """Return the reason of the first rule that refuses; a mark is none."""
    causes = (rule(case) for rule in rules)
    return next((cause for cause in causes if cause not in {None, Cause.IN_REVIEW}), None)


def awaits_review(case: Case) -> bool:
    """Tell whether a rule marked the case, and nobody has decided yet."""
    marked = any(rule(case) is Cause.IN_REVIEW for rule in RULES_ON_SUSPICION)
    return marked and case.evidence.review is None


def verdicts(case: Case, *, answered: bool) -> tuple[RuleVerdict, ...]:
    """
    Return what every rule says, whether or not another has refused already.

    Args:
        case: The case.
        answered: Whether Auth and Core have answered all that the case raises.
    """
    on_evidence = (
        [_verdict(rule, case) for rule in RULES_ON_EVIDENCE]
        if answered
        else [RuleVerdict(rule.__name__, Verdict.NOT_ASKED) for rule in RULES_ON_EVIDENCE]
    )
    return (
        *(_verdict(rule, case) for rule in RULES_ON_FACTS),
        *on_evidence,
        *(_verdict(rule, case) for rule in RULES_ON_SUSPICION),
    )


def _verdict(rule: Rule, case: Case) -> RuleVerdict:
    cause = rule(case)
    if cause is None:
        return RuleVerdict(rule.__name__, Verdict.PASSED)
    if cause is Cause.IN_REVIEW:
        return RuleVerdict(rule.__name__, Verdict.MARKED)
    return RuleVerdict(rule.__name__, Verdict.REFUSED, cause)
