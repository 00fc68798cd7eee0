"""Whether and why a reward came is told in words that can be read out, and claims nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals_domain.model import summary as module
from referrals_domain.model.evidence import AddressCheck, Evidence
from referrals_domain.model.explanation import Explanation, RuleVerdict, Verdict
from referrals_domain.model.identifiers import CustomerId, RefundId
from referrals_domain.model.money import Money
from referrals_domain.model.order import Buyer, OrderFacts, OrderSnapshot, ReferredOrder, Refund
from referrals_domain.model.referral import Cause, Referral, ReferralStatus
from referrals_domain.model.review import Review, ReviewVerdict
from referrals_domain.model.rules import address_is_not_shared, advocate_is_below_the_cap
from referrals_domain.model.summary import summary
from referrals_domain.testing import builders
from tests.domain.strategies import MODEST, order_facts
from tests.domain.world import FRIEND, World

ORDER: Final = "Order 6200407294252 for 67.10 USD was placed on 20 November 2026."
REFUSED: Final = f"{ORDER} There is no reward for it: on 21 November 2026 it was decided that"
UNDONE: Final = "So there is no reward for it, and one that was given before is taken back."
DECIDED_AT: Final = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
DUE_AT: Final = datetime(2026, 12, 4, 15, 15, 28, tzinfo=UTC)
FIRST_ORDER: Final = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)

STATUSES: Final = {
    ReferralStatus.PENDING: [Cause.LINK_SHARED, Cause.ORDER_PLACED],
    ReferralStatus.EXPIRED: [Cause.NO_ORDER],
    ReferralStatus.QUALIFIED: [Cause.IN_REVIEW, Cause.AWAITS_PAYMENT, Cause.ON_HOLD],
    ReferralStatus.COMPLETED: [Cause.ORDER_CREATED, Cause.ORDER_PAID],
    ReferralStatus.REVERSED: [Cause.ORDER_CANCELLED, Cause.ORDER_REFUNDED],
    ReferralStatus.REJECTED: [
        *(Cause.TEST_ORDER, Cause.FRIEND_UNKNOWN, Cause.SELF_REFERRAL, Cause.LINK_REVOKED),
        *(Cause.OUTSIDE_WINDOW, Cause.BELOW_MINIMUM, Cause.FRIEND_ALREADY_REFERRED),
        *(Cause.MERCHANT_INACTIVE, Cause.ADVOCATE_UNKNOWN, Cause.FRIEND_NOT_NEW),
        *(Cause.VELOCITY_CAP, Cause.REVIEW_DENIED),
    ],
}
"""Every status with its causes."""

TOLD: Final = {
    Cause.LINK_SHARED: "The advocate shared the link on 18 November 2026. The reward waits until "
    "a friend's order counts for this share.",
    Cause.ORDER_PLACED: "A friend ordered by the advocate's link on 18 November 2026. The reward "
    "waits until this order counts.",
    Cause.NO_ORDER: "The advocate shared the link on 18 November 2026. There is no reward, "
    "because by 21 November 2026 no friend's order counted for this share and its time was over. "
    "An order that was placed in time but reported late still counts.",
    Cause.IN_REVIEW: f"{ORDER} The reward waits for a person at the merchant to look at the "
    "order, because 3 other referrals of the advocate counted on the order's day already, and "
    "the program allows no more a day, and another friend of the advocate had ordered from the "
    "same place.",
    Cause.AWAITS_PAYMENT: f"{ORDER} The reward waits for the order to be paid in full; on 21 "
    "November 2026 it was not.",
    Cause.ON_HOLD: f"{ORDER} It was paid by 20 November 2026. The reward waits until 4 December "
    "2026, and comes then unless something speaks against the order before that, such as a "
    "refund.",
    Cause.ORDER_CREATED: f"{ORDER} The advocate has earned the reward: on 21 November 2026 it was "
    "decided that the order counts.",
    Cause.ORDER_PAID: f"{ORDER} It was paid by 20 November 2026. The advocate has earned the "
    "reward: on 21 November 2026 it was decided that the order counts, as it is paid.",
    Cause.ORDER_CANCELLED: f"{ORDER} It was cancelled on 20 November 2026. {UNDONE}",
    Cause.ORDER_REFUNDED: f"{ORDER} 67.10 of 67.10 USD went back to the friend, which by 21 "
    f"November 2026 was enough to undo the order. {UNDONE}",
    Cause.TEST_ORDER: f"{REFUSED} it is a test order.",
    Cause.FRIEND_UNKNOWN: f"{REFUSED} it names no customer.",
    Cause.SELF_REFERRAL: f"{REFUSED} it is the advocate's own, and nobody can refer themselves.",
    Cause.LINK_REVOKED: f"{REFUSED} the advocate's link had been revoked before.",
    Cause.OUTSIDE_WINDOW: f"{REFUSED} it came later than the program allows after the referral "
    "was opened on 18 November 2026.",
    Cause.BELOW_MINIMUM: f"{REFUSED} its total was below the least that the program asks for.",
    Cause.FRIEND_ALREADY_REFERRED: f"{REFUSED} another referral with the same friend counts, and "
    "a friend counts once.",
    Cause.MERCHANT_INACTIVE: f"{REFUSED} the merchant or the referral program was not active.",
    Cause.ADVOCATE_UNKNOWN: f"{REFUSED} the merchant's customer records did not know the advocate "
    "on 20 November 2026.",
    Cause.FRIEND_NOT_NEW: f"{REFUSED} a friend counts only with their first order, and this one "
    "first ordered on 1 March 2025.",
    Cause.VELOCITY_CAP: f"{REFUSED} 3 other referrals of the advocate counted on the order's day "
    "already, and the program allows no more a day.",
    Cause.REVIEW_DENIED: f"{REFUSED} it must not count, by a person who looked at it on 21 "
    "November 2026.",
}
"""What is told of each cause where everything is on record."""


def referral(cause: Cause, **changes: Any) -> Referral:
    """Return a referral that stands so since the day after the order."""
    status = next(status for status, causes in STATUSES.items() if cause in causes)
    bound: dict[str, Any] = {
        "status": status,
        "cause": cause,
        "updated_at": DECIDED_AT,
        "order_id": builders.ORDER,
        "referred_customer_id": builders.FRIEND,
        "due_at": DUE_AT,
    }
    return builders.referral(**{**bound, **changes})


def order(**changes: Any) -> ReferredOrder:
    """Return an order that was found suspicious, refunded and cancelled."""
    return builders.order(
        **{
            "facts": builders.facts(
                cancelled_at=builders.PLACED_AT, refunds=(refund("1", 6000), refund("2", 710))
            ),
            "evidence": Evidence(
                customers={
                    builders.ADVOCATE: builders.standing(known=False),
                    builders.FRIEND: builders.standing(first_order_time=FIRST_ORDER),
                },
                advocate_conversions=3,
                review=Review(ReviewVerdict.DENIED, DECIDED_AT),
            ),
            "explanation": explanation(
                RuleVerdict(advocate_is_below_the_cap.__name__, Verdict.MARKED),
                RuleVerdict(address_is_not_shared.__name__, Verdict.MARKED),
            ),
            **changes,
        }
    )


def explanation(*verdicts: RuleVerdict) -> Explanation:
    return builders.explanation(verdicts=verdicts)


def refund(number: str, minor: int, currency: str = "USD") -> Refund:
    return Refund(RefundId(number), Money(minor, currency))


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_is_told_with_the_facts_that_decided(cause: Cause) -> None:
    assert summary(referral(cause), order()) == TOLD[cause]


def test_a_rule_that_has_no_sentence_yet_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(module._SENTENCES, Cause.TEST_ORDER)  # noqa: SLF001 - as if it were new
    told = summary(referral(Cause.TEST_ORDER), order())
    assert told == f"{REFUSED} a rule of the program refuses it: test order."


@pytest.mark.parametrize("cause", Cause)
def test_what_is_not_on_record_is_not_claimed(cause: Cause) -> None:
    bare = ReferredOrder(merchant_id=builders.MERCHANT, facts=OrderFacts(order_id=builders.ORDER))
    for known in (bare, None):
        told = summary(referral(cause, due_at=None, referred_customer_id=None), known)
        days = set(re.findall(r"\d+ [A-Z][a-z]+ \d{4}", told))
        assert days <= {"18 November 2026", "21 November 2026"}
        assert not re.search(r"\d\.\d|None|paid by|Order (?!6200407294252)", told)


BARE: Final = "Order 6200407294252 was placed."
BARELY_TOLD: Final = {
    Cause.IN_REVIEW: f"{BARE} The reward waits for a person at the merchant to look at the order.",
    Cause.ON_HOLD: f"{BARE} The reward waits as long as the program holds rewards back, and comes "
    "then unless something speaks against the order before that, such as a refund.",
    Cause.ORDER_PAID: f"{BARE} The advocate has earned the reward: on 21 November 2026 it was "
    "decided that the order counts, as it is paid.",
    Cause.ORDER_CANCELLED: f"{BARE} It was cancelled. {UNDONE}",
    Cause.ORDER_REFUNDED: f"{BARE} It was refunded, which by 21 November 2026 was enough to undo "
    f"the order. {UNDONE}",
    Cause.ADVOCATE_UNKNOWN: f"{BARE} There is no reward for it: on 21 November 2026 it was "
    "decided that the merchant's customer records did not know the advocate.",
    Cause.FRIEND_NOT_NEW: f"{BARE} There is no reward for it: on 21 November 2026 it was decided "
    "that a friend counts only with their first order.",
    Cause.VELOCITY_CAP: f"{BARE} There is no reward for it: on 21 November 2026 it was decided "
    "that other referrals of the advocate counted on the order's day already, and the program "
    "allows no more a day.",
    Cause.REVIEW_DENIED: f"{BARE} There is no reward for it: on 21 November 2026 it was decided "
    "that it must not count, by a person who looked at it.",
}
"""What is told where nothing but the order's id is on record."""


@pytest.mark.parametrize("cause", BARELY_TOLD)
def test_what_is_not_on_record_is_left_out_of_the_sentence(cause: Cause) -> None:
    bare = ReferredOrder(merchant_id=builders.MERCHANT, facts=OrderFacts(order_id=builders.ORDER))
    for known in (bare, None):
        told = summary(referral(cause, due_at=None, referred_customer_id=None), known)
        assert told == BARELY_TOLD[cause]


def test_a_referral_that_names_no_order_was_of_some_order() -> None:
    told = summary(referral(Cause.TEST_ORDER, order_id=None), None)
    assert told.startswith("An order was placed. ")


def test_only_the_marks_that_were_made_are_told() -> None:
    verdicts = explanation(
        RuleVerdict(advocate_is_below_the_cap.__name__, Verdict.PASSED),
        RuleVerdict(address_is_not_shared.__name__, Verdict.MARKED),
    )
    told = summary(referral(Cause.IN_REVIEW), order(explanation=verdicts))
    assert told.endswith("because another friend of the advocate had ordered from the same place.")


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (
            [RuleVerdict("program_is_active", Verdict.REFUSED)],
            "the merchant had switched the referral program off",
        ),
        ([RuleVerdict("merchant_is_valid", Verdict.REFUSED)], "the merchant was not active"),
    ],
    ids=["program", "merchant"],
)
def test_who_was_inactive_is_told_where_the_verdicts_tell(
    verdicts: list[RuleVerdict], said: str
) -> None:
    told = summary(referral(Cause.MERCHANT_INACTIVE), order(explanation=explanation(*verdicts)))
    assert told == f"{REFUSED} {said}."


@pytest.mark.parametrize(
    ("frequency", "said"), [(2, "2 orders of this one were on record."), (7, "7 orders")]
)
def test_a_friend_whose_first_order_nobody_dated_is_told_by_the_count(
    frequency: int, said: str
) -> None:
    evidence = Evidence(customers={builders.FRIEND: builders.standing(frequency=frequency)})
    assert said in summary(referral(Cause.FRIEND_NOT_NEW), order(evidence=evidence))


def test_a_single_other_referral_is_one() -> None:
    told = summary(referral(Cause.VELOCITY_CAP), order(evidence=Evidence(advocate_conversions=1)))
    assert "that another referral of the advocate counted" in told


def test_an_advocate_whom_the_records_know_by_now_is_not_said_to_be_unknown_since() -> None:
    evidence = Evidence(customers={builders.ADVOCATE: builders.standing()})
    told = summary(referral(Cause.ADVOCATE_UNKNOWN), order(evidence=evidence))
    assert told.endswith("did not know the advocate.")


@pytest.mark.parametrize(
    ("refunds", "said"),
    [
        ([refund("1", 6120, "EUR")], "61.20 of 61.20 EUR went back"),
        (
            [refund("1", 6120, "EUR"), refund("2", 10), refund("3", 5)],
            "0.15 of 67.10 USD and 61.20 of 61.20 EUR went back",
        ),
        ([refund("1", 2**63 - 1), refund("2", 2**63 - 1)], "184467440737095516.14 of 67.10 USD"),
        ([refund("1", 900, "JPY")], "It was refunded, which"),
    ],
    ids=["presented", "both", "huge", "neither"],
)
def test_refunds_are_told_in_the_currencies_of_the_order(refunds: list[Refund], said: str) -> None:
    snapshot = OrderSnapshot(
        updated_at=builders.PLACED_AT, total=Money(6710, "USD"), presented=Money(6120, "EUR")
    )
    facts = builders.facts(snapshot=snapshot, refunds=tuple(refunds))
    told = summary(referral(Cause.ORDER_REFUNDED), order(facts=facts))
    assert "for 67.10 USD (61.20 EUR to the friend) was placed" in told
    assert said in told


def test_days_are_those_of_utc() -> None:
    late = datetime(2026, 12, 31, 22, 0, tzinfo=timezone(timedelta(hours=-5)))
    told = summary(builders.referral(opened_at=late), None)
    assert told.startswith("The advocate shared the link on 1 January 2027.")


async def test_a_share_whose_order_waits_for_core_still_waits_for_one_that_counts(
    world: World,
) -> None:
    world.core.known.clear()
    await world.deliver(builders.facts())
    await world.work()
    told = summary(world.share(), world.order())
    assert told == TOLD[Cause.LINK_SHARED]


async def test_a_refusal_stays_true_while_newer_facts_wait_for_core(world: World) -> None:
    await world.change_program(builders.program(minimum_order=5000))
    small = OrderSnapshot(updated_at=builders.PLACED_AT, total=Money(4000, "USD"))
    await world.deliver(builders.facts(snapshot=small))
    await world.work()
    del world.core.known[FRIEND]
    await world.deliver(builders.facts(snapshot=attrs.evolve(small, total=Money(9000, "USD"))))
    await world.work()
    told = summary(world.share(), world.order())
    assert "for 90.00 USD was placed" in told
    assert "on 20 November 2026 it was decided that its total was below" in told


ADVOCATE: Final = CustomerId("777000111222333")
BUYER: Final = CustomerId("888000111222333")
SHARED: Final = AddressCheck(address=builders.ADDRESS, customer_id=BUYER, shared=True)
_standings: Final = st.builds(
    builders.standing,
    known=st.booleans(),
    frequency=st.integers(0, 9),
    first_order_time=st.none() | st.just(FIRST_ORDER),
)
_rules: Final = st.sampled_from([advocate_is_below_the_cap, address_is_not_shared])
_verdicts: Final = st.lists(
    st.builds(RuleVerdict, _rules.map(lambda rule: rule.__name__), st.sampled_from(Verdict))
)
_evidence: Final = st.builds(
    Evidence,
    merchant_valid=st.none() | st.booleans(),
    customers=st.dictionaries(st.sampled_from([ADVOCATE, BUYER]), _standings),
    advocate_conversions=st.none() | st.integers(0, 9),
    address=st.none() | st.just(SHARED),
    review=st.none() | st.builds(Review, st.sampled_from(ReviewVerdict), st.just(DECIDED_AT)),
)
_orders: Final = st.builds(
    ReferredOrder,
    merchant_id=st.just(builders.MERCHANT),
    facts=order_facts.map(
        lambda facts: attrs.evolve(
            facts, buyer=Buyer(updated_at=builders.PLACED_AT, customer_id=BUYER)
        )
    ),
    evidence=_evidence,
    explanation=st.none() | _verdicts.map(lambda verdicts: explanation(*verdicts)),
)


@MODEST
@given(cause=st.sampled_from(Cause), known=st.none() | _orders)
def test_nobody_is_named_and_no_more_than_three_sentences_are_said(
    cause: Cause, known: ReferredOrder | None
) -> None:
    bound = referral(cause, customer_id=ADVOCATE, referred_customer_id=BUYER)
    told = summary(bound, known)
    assert 1 <= len(re.findall(r"\.(?= |$)", told)) <= 3
    assert told.isascii()
    assert told.isprintable()
    for secret in (ADVOCATE, BUYER, builders.ADDRESS, builders.CODE, builders.REFERRAL):
        assert secret not in told
