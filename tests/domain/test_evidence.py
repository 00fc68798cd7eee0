"""What was answered stays; what was not answered stays open."""

from __future__ import annotations

from typing import Final

import pytest

from referrals_domain.model.evidence import Answers, Evidence, Questions
from referrals_domain.model.identifiers import CustomerId, CustomerKey, MerchantId
from referrals_domain.testing import builders

ADVOCATE: Final = CustomerKey(builders.MERCHANT, builders.ADVOCATE)
FRIEND: Final = CustomerKey(builders.MERCHANT, builders.FRIEND)
ALL: Final = Questions(
    merchants=frozenset({builders.MERCHANT}), customers=frozenset({ADVOCATE, FRIEND})
)
STANDING: Final = builders.standing(frequency=3)
UNKNOWN: Final = builders.standing(known=False)


@pytest.mark.parametrize("valid", [True, False])
def test_what_was_asked_and_answered_is_noted(valid: bool) -> None:  # noqa: FBT001
    answers = Answers(
        merchants={builders.MERCHANT: valid}, customers={ADVOCATE: STANDING, FRIEND: UNKNOWN}
    )
    assert Evidence().with_answers(ALL, answers) == Evidence(
        merchant_valid=valid, customers={builders.ADVOCATE: STANDING, builders.FRIEND: UNKNOWN}
    )


def test_what_was_not_answered_stays_open() -> None:
    assert Evidence().with_answers(ALL, Answers()) == Evidence()


def test_what_was_not_asked_is_not_noted() -> None:
    answers = Answers(merchants={builders.MERCHANT: True}, customers={ADVOCATE: STANDING})
    assert Evidence().with_answers(Questions(), answers) == Evidence()


def test_the_answers_to_others_are_not_noted() -> None:
    other = MerchantId("other")
    answers = Answers(
        merchants={other: False},
        customers={
            CustomerKey(other, builders.ADVOCATE): STANDING,
            CustomerKey(builders.MERCHANT, CustomerId("1")): STANDING,
        },
    )
    assert Evidence().with_answers(ALL, answers) == Evidence()


@pytest.mark.parametrize("valid", [True, False])
def test_a_merchants_validity_does_not_change(valid: bool) -> None:  # noqa: FBT001
    again = Answers(merchants={builders.MERCHANT: not valid})
    known = Evidence(merchant_valid=valid)
    assert known.with_answers(ALL, again) == known


def test_a_customer_once_known_does_not_change() -> None:
    known = Evidence(customers={builders.ADVOCATE: STANDING})
    for again in (UNKNOWN, builders.standing(frequency=9)):
        assert known.with_answers(ALL, Answers(customers={ADVOCATE: again})) == known


def test_a_customer_once_unknown_may_become_known() -> None:
    unknown = Evidence(customers={builders.ADVOCATE: UNKNOWN})
    learned = unknown.with_answers(ALL, Answers(customers={ADVOCATE: STANDING}))
    assert learned == Evidence(customers={builders.ADVOCATE: STANDING})


def test_no_questions_are_false_and_any_question_is_true() -> None:
    assert not Questions()
    assert Questions(merchants=frozenset({builders.MERCHANT}))
    assert Questions(customers=frozenset({FRIEND}))


def test_questions_add_up_without_repetition() -> None:
    one = Questions(customers=frozenset({ADVOCATE}), merchants=frozenset({builders.MERCHANT}))
    other = Questions(customers=frozenset({ADVOCATE, FRIEND}))
    assert one | other == ALL
