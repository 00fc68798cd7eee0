"""Each decision is explained by what every rule said, and by nothing that it does not rest on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_domain.model.decision import explain
from referrals_domain.model.evidence import Evidence
from referrals_domain.model.explanation import Explanation, RuleVerdict, Verdict
from referrals_domain.model.identifiers import OrderKey
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.model.review import Review, ReviewVerdict
from referrals_domain.model.rules import RULES_ON_EVIDENCE, RULES_ON_FACTS, RULES_ON_SUSPICION
from referrals_domain.testing import builders
from tests.domain.cases import case
from tests.domain.world import FRIEND, World

if TYPE_CHECKING:
    from referrals_domain.model.order import OrderFacts
    from referrals_domain.model.rules import Case

NOW: Final = builders.PLACED_AT + timedelta(seconds=12)
ON_FACTS: Final = [rule.__name__ for rule in RULES_ON_FACTS]
ON_EVIDENCE: Final = [rule.__name__ for rule in RULES_ON_EVIDENCE]
ON_SUSPICION: Final = [rule.__name__ for rule in RULES_ON_SUSPICION]
DENIED: Final = Review(ReviewVerdict.DENIED, NOW)
KEY: Final = OrderKey(builders.MERCHANT, builders.ORDER)


def test_of_the_good_case_every_rule_passed_in_its_place() -> None:
    assert explain(case(program=builders.program(version=7)), at=NOW) == Explanation(
        decided_at=NOW,
        program_version=7,
        verdicts=tuple(
            RuleVerdict(rule, Verdict.PASSED) for rule in ON_FACTS + ON_EVIDENCE + ON_SUSPICION
        ),
    )


def test_a_friend_whom_no_body_named_is_not_looked_for_among_the_known() -> None:
    judged = case(facts=builders.facts(buyer=None))
    assert _refused(judged) == {"friend_is_named": Cause.FRIEND_UNKNOWN}


def test_every_rule_is_judged_that_can_be_and_not_only_the_first_that_refuses() -> None:
    judged = case(
        facts=builders.facts(test=True),
        friend_taken=True,
        program=builders.program(velocity_cap=1),
        evidence=builders.evidence(merchant_valid=False, advocate_conversions=1),
    )
    assert _refused(judged) == {
        "order_is_not_a_test": Cause.TEST_ORDER,
        "friend_is_not_referred_yet": Cause.FRIEND_ALREADY_REFERRED,
        "merchant_is_valid": Cause.MERCHANT_INACTIVE,
        "advocate_is_below_the_cap": Cause.VELOCITY_CAP,
    }


@pytest.mark.parametrize(
    "facts",
    [builders.facts(test=True), builders.facts(cancelled_at=NOW)],
    ids=["refused", "undone"],
)
@pytest.mark.parametrize(
    "evidence",
    [Evidence(), builders.evidence(merchant_valid=None), builders.evidence(customers={})],
    ids=["nothing", "no merchant", "no customers"],
)
def test_what_rests_on_answers_that_nobody_needed_was_not_asked(
    facts: OrderFacts, evidence: Evidence
) -> None:
    verdicts = explain(case(facts=facts, evidence=evidence), at=NOW).verdicts
    assert [one.rule for one in verdicts if one.verdict is Verdict.NOT_ASKED] == ON_EVIDENCE


def test_a_mark_is_told_from_a_refusal_and_stays_once_somebody_decided() -> None:
    for review, refused in ((None, {}), (DENIED, {"review_did_not_deny": Cause.REVIEW_DENIED})):
        judged = case(
            program=builders.program(velocity_cap=1, review=True),
            evidence=builders.evidence(advocate_conversions=1, review=review),
        )
        assert _refused(judged) == refused
        marked = [one for one in explain(judged, at=NOW).verdicts if one.verdict is Verdict.MARKED]
        assert marked == [RuleVerdict("advocate_is_below_the_cap", Verdict.MARKED)]


def test_an_order_that_was_undone_later_keeps_what_its_rules_said() -> None:
    undone = case(facts=builders.facts(cancelled_at=NOW))
    assert {one.verdict for one in explain(undone, at=NOW).verdicts} == {Verdict.PASSED}


async def test_an_order_is_stored_with_its_explanation(world: World) -> None:
    world.core.known[FRIEND] = builders.standing(frequency=2)
    await world.deliver(builders.facts())
    await world.work()
    explanation = _explanation(world)
    assert explanation.decided_at == world.clock.now()
    refused = [one for one in explanation.verdicts if one.verdict is Verdict.REFUSED]
    assert refused == [RuleVerdict("friend_is_new", Verdict.REFUSED, Cause.FRIEND_NOT_NEW)]


async def test_an_order_that_waits_for_answers_has_no_explanation_yet(world: World) -> None:
    world.core.known.clear()
    await world.deliver(builders.facts())
    await world.work()
    order = world.order()
    assert order
    assert order.explanation is None


async def test_an_explanation_is_as_old_as_its_decision(world: World) -> None:
    decided_at = await _work(world, builders.facts(paid_at=None))
    await _work(world, builders.facts())
    assert _explanation(world).decided_at == decided_at


async def test_a_decision_that_changes_is_explained_anew(world: World) -> None:
    await _work(world, builders.facts())
    cancelled_at = await _work(world, builders.facts(cancelled_at=NOW))
    assert _explanation(world).decided_at == cancelled_at


async def test_a_decision_by_other_rules_is_explained_anew(world: World) -> None:
    await _work(world, builders.facts())
    await world.change_program(builders.program(velocity_cap=9))
    decided_at = await _work(world, builders.facts(paid_at=None))
    assert (_explanation(world).decided_at, _explanation(world).program_version) == (decided_at, 2)


async def test_no_decision_reads_an_explanation(world: World) -> None:
    await _work(world, builders.facts(paid_at=None))
    order = world.order()
    assert order
    world.store.state.orders[KEY] = attrs.evolve(order, explanation=builders.explanation())
    await _work(world, builders.facts())
    assert world.share().status is ReferralStatus.COMPLETED
    assert {one.verdict for one in _explanation(world).verdicts} == {Verdict.PASSED}


def _refused(judged: Case) -> dict[str, Cause | None]:
    return {
        one.rule: one.cause
        for one in explain(judged, at=NOW).verdicts
        if one.verdict is Verdict.REFUSED
    }


def _explanation(world: World) -> Explanation:
    order = world.order()
    assert order
    assert order.explanation
    return order.explanation


async def _work(world: World, facts: OrderFacts) -> datetime:
    """Let an hour go by and work a delivery off; return when."""
    world.clock.advance(timedelta(hours=1))
    await world.deliver(facts)
    await world.work()
    return world.clock.now()
