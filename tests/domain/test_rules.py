"""Each rule on both sides of its boundary."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_domain.model import rules
from referrals_domain.model.evidence import AddressCheck
from referrals_domain.model.identifiers import AddressDigest
from referrals_domain.model.order import Buyer
from referrals_domain.model.referral import Cause
from referrals_domain.model.review import Review, ReviewVerdict
from referrals_domain.testing import builders
from tests.domain.cases import case, case_of, snapshot

if TYPE_CHECKING:
    from referrals_domain.model.evidence import CustomerStanding, Evidence

INSTANT: Final = timedelta(microseconds=1)
WINDOW_END: Final = builders.SHARED_AT + builders.program().window
UNCAPPED: Final = builders.program(velocity_cap=0)
REVIEWED: Final = builders.program(review=True)
CAPPED: Final = builders.program(velocity_cap=3)
REVIEWED_AT: Final = builders.PLACED_AT + timedelta(days=1)
APPROVED: Final = Review(ReviewVerdict.APPROVED, REVIEWED_AT)
NAMES: Final = [
    "order_is_not_a_test",
    "friend_is_named",
    "advocate_is_not_the_friend",
    "link_was_active",
    "order_is_within_the_window",
    "order_reaches_the_minimum",
    "program_is_active",
    "friend_is_not_referred_yet",
    "merchant_is_valid",
    "advocate_is_known",
    "friend_is_new",
    "advocate_is_below_the_cap",
    "address_is_not_shared",
    "review_did_not_deny",
]


def test_no_rule_refuses_the_good_case() -> None:
    assert rules.first_refusal(rules.RULES, case()) is None


def test_every_rule_of_the_module_is_in_one_list() -> None:
    in_module = {
        name
        for name, value in vars(rules).items()
        if getattr(value, "__annotations__", {}) == {"case": "Case", "return": "Cause | None"}
    }
    assert sorted(NAMES) == sorted(in_module)


def test_the_names_and_the_order_of_the_rules_are_stable() -> None:
    """Explanations are stored with the names, and frontends know them."""
    assert [rule.__name__ for rule in rules.RULES] == NAMES


def test_a_test_order_is_refused() -> None:
    assert rules.order_is_not_a_test(case(facts=builders.facts(test=True))) is Cause.TEST_ORDER
    assert rules.order_is_not_a_test(case(facts=builders.facts(test=False))) is None


def test_an_order_without_a_customer_is_refused() -> None:
    assert rules.friend_is_named(case(facts=builders.facts(buyer=None))) is Cause.FRIEND_UNKNOWN
    assert rules.friend_is_named(case()) is None


def test_a_customer_cannot_refer_themselves() -> None:
    own = builders.facts(buyer=Buyer(updated_at=builders.PLACED_AT, customer_id=builders.ADVOCATE))
    assert rules.advocate_is_not_the_friend(case(facts=own)) is Cause.SELF_REFERRAL
    assert rules.advocate_is_not_the_friend(case()) is None


def test_an_order_just_before_the_link_was_revoked_passes() -> None:
    link = builders.link(revoked_at=builders.PLACED_AT + INSTANT)
    assert rules.link_was_active(case(link=link)) is None


def test_an_order_at_the_instant_the_link_was_revoked_is_refused() -> None:
    link = builders.link(revoked_at=builders.PLACED_AT)
    assert rules.link_was_active(case(link=link)) is Cause.LINK_REVOKED


def test_an_order_just_before_the_window_ends_passes() -> None:
    assert rules.order_is_within_the_window(case(placed_at=WINDOW_END - INSTANT)) is None


def test_an_order_at_the_windows_end_is_refused() -> None:
    late = case(placed_at=WINDOW_END)
    assert rules.order_is_within_the_window(late) is Cause.OUTSIDE_WINDOW


def test_the_window_is_the_programs() -> None:
    short = builders.program(window=builders.PLACED_AT - builders.SHARED_AT)
    assert rules.order_is_within_the_window(case(program=short)) is Cause.OUTSIDE_WINDOW


@pytest.mark.parametrize(("minor", "cause"), [(5000, None), (4999, Cause.BELOW_MINIMUM)])
def test_the_total_reaches_the_minimum_or_is_refused(minor: int, cause: Cause | None) -> None:
    program = builders.program(minimum_order=5000)
    judged = case(program=program, snapshot=snapshot(minor))
    assert rules.order_reaches_the_minimum(judged) is cause


def test_without_a_minimum_an_order_of_nothing_passes() -> None:
    assert rules.order_reaches_the_minimum(case(snapshot=snapshot(0))) is None


def test_a_program_that_was_switched_off_is_refused() -> None:
    off = builders.program(active=False)
    assert rules.program_is_active(case(program=off)) is Cause.MERCHANT_INACTIVE
    assert rules.program_is_active(case()) is None


def test_a_friend_who_is_held_already_is_refused() -> None:
    taken = case(friend_taken=True)
    assert rules.friend_is_not_referred_yet(taken) is Cause.FRIEND_ALREADY_REFERRED
    assert rules.friend_is_not_referred_yet(case()) is None


def test_a_merchant_that_auth_does_not_vouch_for_is_refused() -> None:
    invalid = case(evidence=builders.evidence(merchant_valid=False))
    assert rules.merchant_is_valid(invalid) is Cause.MERCHANT_INACTIVE
    assert rules.merchant_is_valid(case()) is None


def test_an_advocate_whom_core_does_not_know_is_refused() -> None:
    unknown = {builders.ADVOCATE: builders.standing(known=False)}
    stranger = case(evidence=builders.evidence(customers=unknown))
    assert rules.advocate_is_known(stranger) is Cause.ADVOCATE_UNKNOWN
    assert rules.advocate_is_known(case()) is None


@pytest.mark.parametrize(
    ("friend", "cause"),
    [
        pytest.param(builders.standing(known=False), None, id="unknown"),
        pytest.param(builders.standing(frequency=0), None, id="no-order-yet"),
        pytest.param(builders.standing(frequency=1), None, id="one-order"),
        pytest.param(builders.standing(frequency=2), Cause.FRIEND_NOT_NEW, id="two-orders"),
        pytest.param(
            builders.standing(first_order_time=builders.PLACED_AT - INSTANT),
            Cause.FRIEND_NOT_NEW,
            id="ordered-just-before",
        ),
        pytest.param(
            builders.standing(first_order_time=builders.PLACED_AT), None, id="this-is-the-first"
        ),
        pytest.param(
            builders.standing(frequency=2, first_order_time=builders.PLACED_AT),
            None,
            id="ordered-again-since",
        ),
        pytest.param(
            builders.standing(first_order_time=builders.PLACED_AT + INSTANT),
            None,
            id="the-first-came-later",
        ),
    ],
)
def test_a_friend_is_new_or_refused(friend: CustomerStanding, cause: Cause | None) -> None:
    assert rules.friend_is_new(case(evidence=_friend(friend))) is cause


def test_a_friend_who_is_not_new_passes_where_the_program_takes_anybody() -> None:
    anybody = builders.program(new_friends_only=False)
    loyal = _friend(builders.standing(frequency=9))
    assert rules.friend_is_new(case(program=anybody, evidence=loyal)) is None


@pytest.mark.parametrize(("had", "cause"), [(2, None), (3, Cause.VELOCITY_CAP)])
def test_an_advocate_has_conversions_left_or_is_refused(had: int, cause: Cause | None) -> None:
    judged = case(program=CAPPED, evidence=builders.evidence(advocate_conversions=had))
    assert rules.advocate_is_below_the_cap(judged) is cause


def test_beyond_the_cap_a_reviewer_decides_where_there_is_one() -> None:
    with_review = attrs.evolve(CAPPED, review=True)
    judged = case(program=with_review, evidence=builders.evidence(advocate_conversions=3))
    assert rules.advocate_is_below_the_cap(judged) is Cause.IN_REVIEW
    assert rules.first_refusal(rules.RULES, judged) is None
    assert rules.awaits_review(judged)


def test_what_somebody_decided_is_no_longer_refused_once_there_is_no_reviewer() -> None:
    reviewed = builders.evidence(advocate_conversions=3, review=APPROVED)
    judged = case(program=CAPPED, evidence=reviewed)
    assert rules.advocate_is_below_the_cap(judged) is Cause.IN_REVIEW
    assert not rules.awaits_review(judged)


def test_an_address_that_another_friend_ordered_from_is_for_a_reviewer() -> None:
    judged = _from(builders.ADDRESS, shared=True)
    assert rules.address_is_not_shared(judged) is Cause.IN_REVIEW
    assert rules.first_refusal(rules.RULES, judged) is None
    assert rules.address_is_not_shared(_from(builders.ADDRESS, shared=False)) is None


def test_without_a_reviewer_a_shared_address_has_no_effect() -> None:
    judged = attrs.evolve(_from(builders.ADDRESS, shared=True), program=builders.program())
    assert rules.address_is_not_shared(judged) is None


def test_what_was_found_out_about_another_address_does_not_count() -> None:
    moved = AddressDigest("0b" * 16)
    assert rules.address_is_not_shared(_from(moved, shared=True)) is None
    assert rules.address_is_not_shared(_from(None, shared=True)) is None
    assert rules.address_is_not_shared(case(program=REVIEWED)) is None


def test_what_a_reviewer_denied_is_refused() -> None:
    denied = case(evidence=builders.evidence(review=Review(ReviewVerdict.DENIED, REVIEWED_AT)))
    assert rules.review_did_not_deny(denied) is Cause.REVIEW_DENIED
    assert rules.review_did_not_deny(case(evidence=builders.evidence(review=APPROVED))) is None
    assert rules.review_did_not_deny(case()) is None


def test_an_advocate_whose_conversions_nobody_counted_has_none() -> None:
    assert rules.advocate_is_below_the_cap(case(program=CAPPED)) is None


def test_without_a_cap_any_number_passes() -> None:
    judged = case(program=UNCAPPED, evidence=builders.evidence(advocate_conversions=9_999))
    assert rules.advocate_is_below_the_cap(judged) is None


def test_of_several_reasons_on_facts_the_first_of_the_list_is_named() -> None:
    nobody = case_of(
        builders.facts(test=True, buyer=None),
        link=builders.link(revoked_at=builders.SHARED_AT),
        program=builders.program(active=False, minimum_order=9999, window=INSTANT),
        friend_taken=True,
    )
    own = Buyer(updated_at=builders.PLACED_AT, customer_id=builders.ADVOCATE)
    lifted = [
        nobody,
        nobody := attrs.evolve(nobody, facts=builders.facts(buyer=None)),
        nobody := attrs.evolve(nobody, facts=builders.facts(buyer=own)),
        nobody := attrs.evolve(nobody, facts=builders.facts()),
        nobody := attrs.evolve(nobody, link=builders.link()),
        nobody := attrs.evolve(nobody, program=builders.program(active=False, minimum_order=9999)),
        nobody := attrs.evolve(nobody, program=builders.program(active=False)),
        nobody := attrs.evolve(nobody, program=builders.program()),
        attrs.evolve(nobody, friend_taken=False),
    ]
    assert [rules.first_refusal(rules.RULES_ON_FACTS, one) for one in lifted] == [
        Cause.TEST_ORDER,
        Cause.FRIEND_UNKNOWN,
        Cause.SELF_REFERRAL,
        Cause.LINK_REVOKED,
        Cause.OUTSIDE_WINDOW,
        Cause.BELOW_MINIMUM,
        Cause.MERCHANT_INACTIVE,
        Cause.FRIEND_ALREADY_REFERRED,
        None,
    ]


def test_of_several_reasons_on_evidence_the_first_of_the_list_is_named() -> None:
    unknown, loyal = builders.standing(known=False), builders.standing(frequency=2)
    known, new = builders.standing(), builders.standing()
    answers = [
        (False, unknown, loyal, 3),
        (True, unknown, loyal, 3),
        (True, known, loyal, 3),
        (True, known, new, 3),
        (True, known, new, 2),
    ]
    judged = [
        case(
            program=CAPPED,
            evidence=builders.evidence(
                merchant_valid=valid,
                customers={builders.ADVOCATE: advocate, builders.FRIEND: friend},
                advocate_conversions=had,
            ),
        )
        for valid, advocate, friend, had in answers
    ]
    on_answers = rules.RULES_ON_EVIDENCE + rules.RULES_ON_SUSPICION
    assert [rules.first_refusal(on_answers, one) for one in judged] == [
        Cause.MERCHANT_INACTIVE,
        Cause.ADVOCATE_UNKNOWN,
        Cause.FRIEND_NOT_NEW,
        Cause.VELOCITY_CAP,
        None,
    ]


def _from(address: AddressDigest | None, *, shared: bool) -> rules.Case:
    """Return the case of an order from somewhere, where the builders' address was looked into."""
    check = AddressCheck(address=builders.ADDRESS, customer_id=builders.FRIEND, shared=shared)
    return case_of(
        builders.facts_from(address),
        program=REVIEWED,
        evidence=builders.evidence(address=check),
    )


def _friend(standing: CustomerStanding) -> Evidence:
    return builders.evidence(
        customers={builders.ADVOCATE: builders.standing(), builders.FRIEND: standing}
    )
