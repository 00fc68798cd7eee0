"""What frontends are told of why a referral stands where it does."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_domain.model import rules
from referrals_domain.model.attribution import Attribution
from referrals_domain.model.decision import Transition
from referrals_domain.model.evidence import AddressCheck, Evidence
from referrals_domain.model.identifiers import OrderKey
from referrals_domain.model.link import Channel
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.model.review import Review, ReviewVerdict
from referrals_domain.model.signals import Source
from referrals_domain.model.summary import summary
from referrals_domain.testing import builders
from referrals_domain.testing.builders import ADVOCATE, CODE, FRIEND, MERCHANT, ORDER, REFERRAL
from referrals_domain.testing.contracts.visits import VISIT
from tests.grpc.service import TOKEN

if TYPE_CHECKING:
    from referrals_domain.model.order import ReferredOrder
    from tests.grpc.service import Service

SCHEMA: Final = Path(__file__).parents[2] / "proto/referrals/v1/referrals.proto"
WEAK: Final = builders.signal(source=Source.LANDING_SITE, share=None, channel=Channel.QR)
LATE: Final = builders.signal(source=Source.DISCOUNT_CODES, share=None, channel=None)
BOUND: Final = builders.referral(
    status=ReferralStatus.REJECTED,
    cause=Cause.TEST_ORDER,
    version=2,
    order_id=ORDER,
    referred_customer_id=FRIEND,
)


def order(**changes: Any) -> ReferredOrder:
    """Return the order of a referral, with signals of which one came late."""
    decided: dict[str, Any] = {
        "facts": builders.facts(signals=(WEAK, LATE, builders.signal())),
        "attribution": Attribution(
            referral_link_id=builders.LINK, winner=builders.signal(), beaten=(WEAK,)
        ),
        "evidence": builders.evidence(advocate_conversions=0),
        "referral_id": REFERRAL,
        "explanation": builders.explanation(program_version=7),
    }
    return builders.order(**{**decided, **changes})


async def explained(service: Service, stored: ReferredOrder) -> pb.Explanation:
    """Ask for the referral of an order, and return its explanation."""
    service.store.state.referrals[BOUND.key] = BOUND
    service.store.state.orders[OrderKey(MERCHANT, ORDER)] = stored
    return (await get(service)).explanation


async def get(service: Service) -> pb.GetReferralResponse:
    request = pb.GetReferralRequest(merchant_id=MERCHANT, referral_id=REFERRAL)
    return await service.stub.GetReferral(request, metadata=TOKEN, timeout=5)


async def test_the_signals_that_were_seen_are_told_from_those_that_were_beaten(
    service: Service,
) -> None:
    explanation = await explained(service, order())
    winner = pb.Signal(
        source=pb.SIGNAL_SOURCE_NOTE_ATTRIBUTES,
        code=CODE,
        referral_id=REFERRAL,
        channel=pb.CHANNEL_SMS,
    )
    weak = pb.Signal(source=pb.SIGNAL_SOURCE_LANDING_SITE, code=CODE, channel=pb.CHANNEL_QR)
    late = pb.Signal(source=pb.SIGNAL_SOURCE_DISCOUNT_CODES, code=CODE)
    assert list(explanation.signals) == [winner, late, weak]
    assert explanation.winner == winner
    assert list(explanation.beaten) == [weak]


async def test_every_verdict_is_told_in_its_place(service: Service) -> None:
    explanation = await explained(service, order())
    assert list(explanation.verdicts) == [
        pb.RuleVerdict(rule="order_is_not_a_test", verdict=pb.VERDICT_REFUSED, cause="test_order"),
        pb.RuleVerdict(rule="friend_is_named", verdict=pb.VERDICT_PASSED),
        pb.RuleVerdict(rule="merchant_is_valid", verdict=pb.VERDICT_NOT_ASKED),
    ]
    assert explanation.program_version == 7
    decided_at = builders.PLACED_AT + timedelta(seconds=3)
    assert explanation.decide_time.ToDatetime(UTC) == decided_at


async def test_the_evidence_is_told_of_both_customers(service: Service) -> None:
    first_order_time = builders.PLACED_AT - timedelta(days=9)
    customers = {
        ADVOCATE: builders.standing(frequency=3, first_order_time=first_order_time),
        FRIEND: builders.standing(known=False),
    }
    evidence = builders.evidence(customers=customers, advocate_conversions=0)
    told = (await explained(service, order(evidence=evidence))).evidence
    assert (told.merchant_valid, told.advocate_conversions) == (True, 0)
    assert told.HasField("advocate_conversions")
    assert (told.advocate.customer_id, told.advocate.known, told.advocate.frequency) == (
        *(ADVOCATE, True, 3),
    )
    assert told.advocate.first_order_time.ToDatetime(UTC) == first_order_time
    assert (told.friend.customer_id, told.friend.known) == (FRIEND, False)
    assert not told.friend.HasField("first_order_time")
    assert told.friend.HasField("answer_time")


async def test_a_review_is_told_with_its_time(service: Service) -> None:
    evidence = builders.evidence(review=Review(ReviewVerdict.DENIED, builders.PLACED_AT))
    told = (await explained(service, order(evidence=evidence))).evidence.review
    assert told.verdict == pb.REVIEW_VERDICT_DENIED
    assert told.review_time.ToDatetime(UTC) == builders.PLACED_AT


@pytest.mark.parametrize("shared", [True, False])
async def test_whether_the_address_is_shared_is_told_and_not_the_address(
    service: Service,
    shared: bool,  # noqa: FBT001
) -> None:
    check = AddressCheck(address=builders.ADDRESS, customer_id=FRIEND, shared=shared)
    stored = order(
        facts=builders.facts_from(builders.ADDRESS), evidence=builders.evidence(address=check)
    )
    explanation = await explained(service, stored)
    assert explanation.evidence.HasField("shared_address")
    assert explanation.evidence.shared_address is shared
    assert builders.ADDRESS.encode() not in explanation.SerializeToString()


async def test_what_was_not_asked_is_absent(service: Service) -> None:
    told = (await explained(service, order(evidence=Evidence()))).evidence
    assert told == pb.Evidence()
    guest = builders.facts(buyer=None)
    assert not (await explained(service, order(facts=guest))).evidence.HasField("friend")


async def test_an_order_from_before_there_were_verdicts_is_explained_without(
    service: Service,
) -> None:
    explanation = await explained(service, order(explanation=None))
    assert explanation.winner.code == CODE
    assert list(explanation.verdicts) == []
    assert not explanation.HasField("decide_time")


async def test_a_referral_that_waits_for_an_order_has_no_explanation(service: Service) -> None:
    service.store.state.referrals[BOUND.key] = builders.referral()
    answer = await get(service)
    assert answer.referral.cause == "link_shared"
    assert not answer.HasField("explanation")


async def test_a_referral_is_told_in_words_with_its_order_and_without(service: Service) -> None:
    service.store.state.referrals[BOUND.key] = builders.referral()
    assert (await get(service)).summary == summary(builders.referral(), None)
    await explained(service, order())
    told = (await get(service)).summary
    assert told == summary(BOUND, order())
    assert told.endswith("it is a test order.")


@pytest.mark.parametrize("known", [*Cause, *(rule.__name__ for rule in rules.RULES)], ids=str)
def test_every_cause_and_every_rule_is_named_in_the_schema(known: str) -> None:
    assert f"`{known}`" in SCHEMA.read_text(encoding="utf-8")


async def test_the_visits_of_its_share_are_told(service: Service) -> None:
    service.store.state.referrals[BOUND.key] = BOUND
    assert (await get(service)).visits == 0
    service.store.state.visits[VISIT] = 4
    assert (await get(service)).visits == 4


async def test_every_version_is_told_with_its_cause_and_time(service: Service) -> None:
    share = builders.referral()
    service.store.state.referrals[BOUND.key] = BOUND
    service.store.state.history |= {
        (one.key, one.version): Transition(referral=one, from_status=None)
        for one in (BOUND, share)
    }
    first, second = (await get(service)).history
    assert (first.status, first.version, first.cause) == (
        *(pb.REFERRAL_STATUS_PENDING, 1, "link_shared"),
    )
    assert first.update_time.ToDatetime(UTC) == share.updated_at
    assert (second.status, second.version, second.cause) == (
        *(pb.REFERRAL_STATUS_REJECTED, 2, "test_order"),
    )
