"""A change of status is a new version, and an event where others must hear of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import attrs
import pytest

from referrals_domain.errors import LinkRevoked
from referrals_domain.model.decision import Decision, Transition, opened, transition
from referrals_domain.model.events import ReferralCompleted, ReferralReversed
from referrals_domain.model.identifiers import CustomerId
from referrals_domain.model.link import Channel
from referrals_domain.model.order import Buyer
from referrals_domain.model.referral import Cause, Referral, ReferralStatus
from referrals_domain.testing import builders
from tests.domain.cases import SIGNAL, case

NOW: Final = builders.PLACED_AT + timedelta(seconds=12)
LATER: Final = builders.PLACED_AT + timedelta(days=3)
DUE_AT: Final = builders.PLACED_AT + timedelta(days=14)

COMPLETED: Final = Decision(status=ReferralStatus.COMPLETED, cause=Cause.ORDER_CREATED)
CANCELLED: Final = Decision(status=ReferralStatus.REVERSED, cause=Cause.ORDER_CANCELLED)
REJECTED: Final = Decision(status=ReferralStatus.REJECTED, cause=Cause.TEST_ORDER)
ON_HOLD: Final = Decision(status=ReferralStatus.QUALIFIED, cause=Cause.ON_HOLD, due_at=DUE_AT)


def test_a_change_raises_the_version_by_one_and_binds_the_order() -> None:
    moved = _move(builders.referral(), COMPLETED)
    assert moved.from_status is ReferralStatus.PENDING
    assert moved.referral == builders.referral(
        status=ReferralStatus.COMPLETED,
        cause=Cause.ORDER_CREATED,
        version=2,
        updated_at=NOW,
        order_id=builders.ORDER,
        referred_customer_id=builders.FRIEND,
    )


def test_the_same_decision_again_is_no_change() -> None:
    done = _move(builders.referral(), COMPLETED).referral
    again = transition(done, case(referral=done), COMPLETED, signal=SIGNAL, at=LATER)
    assert again is None


def test_another_cause_alone_is_a_change_without_an_event() -> None:
    done = _move(builders.referral(), COMPLETED).referral
    moved = _move(done, attrs.evolve(COMPLETED, cause=Cause.ORDER_PAID))
    assert (moved.referral.version, moved.event) == (3, None)


def test_entering_completed_makes_an_event_that_says_it_all() -> None:
    moved = _move(builders.referral(), COMPLETED)
    assert moved.event == ReferralCompleted(
        referral_id=builders.REFERRAL,
        merchant_id=builders.MERCHANT,
        customer_id=builders.ADVOCATE,
        referred_customer_id=builders.FRIEND,
        referral_link_id=builders.LINK,
        channel=Channel.SMS,
        order_id=builders.ORDER,
        order_total=case().snapshot.total,
        from_status=ReferralStatus.PENDING,
        status=ReferralStatus.COMPLETED,
        version=2,
        occurred_at=NOW,
        attribution=SIGNAL,
        cause=Cause.ORDER_CREATED,
    )


@pytest.mark.parametrize("decision", [CANCELLED, REJECTED, ON_HOLD])
def test_leaving_completed_makes_a_reversal(decision: Decision) -> None:
    done = _move(builders.referral(), COMPLETED).referral
    event = _move(done, decision, at=LATER).event
    assert isinstance(event, ReferralReversed)
    assert (event.from_status, event.status, event.version, event.cause, event.occurred_at) == (
        *(ReferralStatus.COMPLETED, decision.status, 3, decision.cause, LATER),
    )


@pytest.mark.parametrize("decision", [CANCELLED, REJECTED, ON_HOLD])
def test_what_never_completed_makes_no_event(decision: Decision) -> None:
    assert _move(builders.referral(), decision).event is None


def test_a_reversal_names_the_friend_of_the_completion() -> None:
    done = _move(builders.referral(), COMPLETED).referral
    other = Buyer(updated_at=LATER, customer_id=CustomerId("1"))
    event = _move(done, CANCELLED, facts=builders.facts(buyer=other)).event
    assert event
    assert event.referred_customer_id == builders.FRIEND


def test_a_completion_after_a_hold_comes_from_qualified() -> None:
    held = _move(builders.referral(), ON_HOLD).referral
    assert held.due_at == DUE_AT
    moved = _move(held, COMPLETED, at=DUE_AT)
    assert moved.event
    assert (moved.event.from_status, moved.referral.due_at) == (ReferralStatus.QUALIFIED, None)


def test_the_same_change_makes_the_same_event_id_whenever_it_is_made() -> None:
    first = _move(builders.referral(), COMPLETED, at=NOW).event
    redone = _move(builders.referral(), COMPLETED, at=LATER).event
    assert first
    assert redone
    assert first.id == redone.id


def test_completing_again_after_a_reversal_is_another_event() -> None:
    first = _move(builders.referral(), COMPLETED)
    undone = _move(first.referral, CANCELLED)
    second = _move(undone.referral, COMPLETED)
    ids = {moved.event.id for moved in (first, undone, second) if moved.event}
    assert len(ids) == 3


def test_the_id_of_an_event_stays_what_it_is_from_one_release_to_the_next() -> None:
    completed, reversed_ = builders.referral_completed(), builders.referral_reversed(version=2)
    assert completed.id == str(uuid5(UUID(builders.REFERRAL), "referral.completed/2"))
    assert reversed_.id == str(uuid5(UUID(builders.REFERRAL), "referral.reversed/2"))


def test_a_first_version_has_no_status_before_and_no_event() -> None:
    assert opened(builders.referral()) == Transition(
        referral=builders.referral(), from_status=None, event=None
    )


def test_a_completion_without_a_friend_is_a_fault_of_ours() -> None:
    with pytest.raises(AssertionError, match=r"^a completed referral has a friend$"):
        _move(builders.referral(), COMPLETED, facts=builders.facts(buyer=None))


def test_a_referral_opens_pending_with_its_links_advocate() -> None:
    referral = Referral.open(
        builders.link(), id=builders.REFERRAL, channel=None, cause=Cause.ORDER_PLACED, at=NOW
    )
    assert (referral.status, referral.version) == (ReferralStatus.PENDING, 1)
    assert (referral.customer_id, referral.referral_link_id) == (builders.ADVOCATE, builders.LINK)
    assert referral.opened_at == referral.updated_at == NOW


@pytest.mark.parametrize("status", ReferralStatus)
def test_only_a_pending_or_expired_referral_awaits_an_order(status: ReferralStatus) -> None:
    free = status in {ReferralStatus.PENDING, ReferralStatus.EXPIRED}
    assert builders.referral(status=status).awaits_an_order is free
    assert not builders.referral(status=status, order_id=builders.ORDER).awaits_an_order


@pytest.mark.parametrize("status", ReferralStatus)
def test_only_a_qualified_or_completed_referral_holds_the_friend(status: ReferralStatus) -> None:
    holds = status in {ReferralStatus.QUALIFIED, ReferralStatus.COMPLETED}
    assert builders.referral(status=status).holds_the_friend is holds


def test_a_link_that_was_revoked_is_not_shared() -> None:
    builders.link().require_active()
    with pytest.raises(LinkRevoked, match=r"^the link was revoked$"):
        builders.link(revoked_at=NOW).require_active()


def _move(
    referral: Referral, decision: Decision, *, at: datetime = NOW, **changes: Any
) -> Transition:
    moved = transition(
        referral, case(referral=referral, **changes), decision, signal=SIGNAL, at=at
    )
    assert moved
    return moved
