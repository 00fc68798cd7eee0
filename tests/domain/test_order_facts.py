"""Facts merge to the same whole, however their webhooks arrive."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import attrs
import pytest
from hypothesis import given

from referrals_domain.model.code import CODE_BITS, ReferralCode
from referrals_domain.model.identifiers import CustomerId, OrderId, ReferralId, RefundId
from referrals_domain.model.link import Channel
from referrals_domain.model.money import Money
from referrals_domain.model.order import Buyer, OrderFacts, OrderSnapshot, Refund
from referrals_domain.model.signals import Source
from referrals_domain.testing import builders
from tests.domain.strategies import MODEST, order_facts

BLANK = OrderFacts(order_id=builders.ORDER)
LATER = builders.PLACED_AT + timedelta(minutes=1)
LATE = OrderSnapshot(updated_at=LATER, total=Money(6710, "USD"))
LATE_BUYER = Buyer(updated_at=LATER, customer_id=builders.FRIEND)


@MODEST
@given(order_facts, order_facts)
def test_merging_is_commutative(one: OrderFacts, other: OrderFacts) -> None:
    assert one.merge(other) == other.merge(one)


@MODEST
@given(order_facts, order_facts, order_facts)
def test_merging_is_associative(one: OrderFacts, two: OrderFacts, three: OrderFacts) -> None:
    assert one.merge(two).merge(three) == one.merge(two.merge(three))


@MODEST
@given(order_facts)
def test_merging_is_idempotent(facts: OrderFacts) -> None:
    assert facts.merge(facts) == facts


@MODEST
@given(order_facts, order_facts)
def test_merging_again_adds_nothing(one: OrderFacts, other: OrderFacts) -> None:
    merged = one.merge(other)
    assert merged.merge(one) == merged.merge(other) == merged


@MODEST
@given(order_facts)
def test_facts_of_nothing_but_the_id_are_neutral(facts: OrderFacts) -> None:
    assert facts.merge(BLANK) == BLANK.merge(facts) == facts


def test_facts_of_different_orders_do_not_merge() -> None:
    with pytest.raises(ValueError, match=r"^facts of different orders do not merge$"):
        builders.facts().merge(builders.facts(order_id=OrderId("1")))


def test_the_latest_snapshot_counts() -> None:
    early = OrderSnapshot(updated_at=builders.PLACED_AT, total=Money(9000, "USD"))
    late = OrderSnapshot(updated_at=LATER, total=Money(10, "USD"))
    merged = builders.facts(snapshot=late).merge(builders.facts(snapshot=early))
    assert merged.snapshot == late


def test_the_address_is_the_latest_bodys_even_if_it_has_none() -> None:
    late = OrderSnapshot(updated_at=LATER, total=Money(10, "USD"))
    known = builders.facts_from(builders.ADDRESS)
    assert known.address == known.merge(builders.facts()).address == builders.ADDRESS
    assert known.merge(builders.facts(snapshot=late)).address is None
    assert BLANK.address is None


def test_the_latest_named_customer_counts() -> None:
    late = Buyer(updated_at=LATER, customer_id=CustomerId("1"))
    assert builders.facts(buyer=late).merge(builders.facts()).customer_id == "1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            {"buyer": Buyer(updated_at=LATER, customer_id=CustomerId("1"))},
            {"buyer": Buyer(updated_at=LATER, customer_id=CustomerId("2"))},
        ),
        (
            {"snapshot": OrderSnapshot(updated_at=LATER, total=Money(1, "USD"))},
            {"snapshot": OrderSnapshot(updated_at=LATER, total=Money(2, "USD"))},
        ),
        (
            {"snapshot": OrderSnapshot(updated_at=LATER, total=Money(1, "EUR"))},
            {"snapshot": OrderSnapshot(updated_at=LATER, total=Money(1, "USD"))},
        ),
    ],
)
def test_two_bodies_of_one_instant_that_disagree_merge_alike_either_way(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    this, that = builders.facts(**one), builders.facts(**other)
    assert this.merge(that) == that.merge(this)


def test_a_later_body_without_a_customer_does_not_undo_one() -> None:
    late = OrderSnapshot(updated_at=LATER, total=Money(10, "USD"))
    merged = builders.facts().merge(builders.facts(snapshot=late, buyer=None))
    assert (merged.snapshot, merged.customer_id) == (late, builders.FRIEND)


def test_an_order_without_any_customer_has_none() -> None:
    assert builders.facts(buyer=None).customer_id is None


@pytest.mark.parametrize("name", ["placed_at", "paid_at", "cancelled_at"])
def test_the_earliest_time_counts(name: str) -> None:
    early, late = builders.facts(**{name: builders.PLACED_AT}), builders.facts(**{name: LATER})
    assert getattr(late.merge(early), name) == builders.PLACED_AT


@pytest.mark.parametrize("name", ["placed_at", "paid_at", "cancelled_at"])
def test_a_time_once_named_stays(name: str) -> None:
    known, unknown = builders.facts(**{name: LATER}), builders.facts(**{name: None})
    assert getattr(unknown.merge(known), name) == LATER


def test_a_test_order_stays_one() -> None:
    assert builders.facts(test=True).merge(builders.facts(test=False)).test


@pytest.mark.parametrize(
    ("changes", "undoes"),
    [
        ({}, False),
        ({"cancelled_at": LATER}, True),
        ({"refunds": (Refund(RefundId("1"), Money(1, "USD")),)}, True),
    ],
    ids=["placed", "cancelled", "refunded"],
)
def test_a_cancellation_or_any_refund_takes_something_back(
    changes: dict[str, Any], *, undoes: bool
) -> None:
    assert builders.facts(**changes).undoes is undoes


def test_signals_add_up_strongest_first_and_once_each() -> None:
    weak = builders.signal(source=Source.REFERRING_SITE)
    strong = builders.signal(source=Source.NOTE_ATTRIBUTES)
    merged = builders.facts(signals=(weak,)).merge(builders.facts(signals=(strong, weak)))
    assert merged.signals == (strong, weak)


def test_of_two_signals_from_one_place_the_one_that_names_a_share_comes_first() -> None:
    bare, shared = builders.signal(share=None), builders.signal()
    assert builders.facts(signals=(bare, shared)).signals == (shared, bare)


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("code", ReferralCode.of_number((1 << CODE_BITS) - 1)),
        ("share", ReferralId("ffffffff-ffff-4fff-bfff-ffffffffffff")),
        ("channel", Channel.WHATSAPP),
    ],
)
def test_of_two_signals_from_one_place_the_one_that_says_more_comes_first(
    name: str, last: str
) -> None:
    more = builders.signal(**{name: last})
    less = builders.signal(**{name: None})
    assert builders.facts(signals=(less, more)).signals == (more, less)


def test_a_share_alone_is_a_signal() -> None:
    other = ReferralId("44444444-4444-4444-8444-444444444444")
    assert builders.signal(code=None, share=other).share == other


def test_a_signal_that_names_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a signal has a code or a share$"):
        builders.signal(code=None, share=None)


def test_refunds_add_up_and_count_once_each() -> None:
    one, other = _refund("1", 100), _refund("2", 50)
    merged = builders.facts(refunds=(one,)).merge(builders.facts(refunds=(other, one)))
    assert merged.refunds == (one, other)


@pytest.mark.parametrize("refunds", list(permutations([100, 300, 200])))
def test_of_two_amounts_of_one_refund_the_larger_counts(refunds: tuple[int, ...]) -> None:
    given_ = tuple(_refund("1", amount) for amount in refunds)
    assert builders.facts(refunds=given_).refunds == (_refund("1", 300),)


@pytest.mark.parametrize(
    ("known", "told", "more"),
    [
        ({}, {}, False),
        ({}, {"snapshot": LATE, "buyer": LATE_BUYER}, False),
        ({"snapshot": LATE, "buyer": LATE_BUYER}, {}, False),
        ({"snapshot": None}, {}, True),
        ({"buyer": None}, {}, True),
        ({}, {"snapshot": None, "buyer": None}, False),
        ({}, {"snapshot": attrs.evolve(LATE, total=Money(1, "USD"))}, True),
        ({}, {"buyer": attrs.evolve(LATE_BUYER, customer_id=builders.ADVOCATE)}, True),
        ({}, {"cancelled_at": LATER}, True),
    ],
)
def test_a_later_body_that_says_the_same_tells_no_more(
    known: dict[str, Any], told: dict[str, Any], *, more: bool
) -> None:
    assert builders.facts(**told).tells_more_than(builders.facts(**known)) is more


def test_an_order_that_learns_keeps_all_it_knew() -> None:
    order = builders.order(evidence=builders.evidence(), referral_id=builders.REFERRAL)
    learned = order.learn(builders.facts(cancelled_at=LATER))
    assert learned == builders.order(
        facts=builders.facts(cancelled_at=LATER),
        evidence=builders.evidence(),
        referral_id=builders.REFERRAL,
    )


def _refund(number: str, minor: int) -> Refund:
    return Refund(RefundId(number), Money(minor, "USD"))
