"""What is written down is read back as it was: the same value, of the same types."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest
from cattrs import BaseValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from referrals_adapters.wire.documents import from_document, to_document
from referrals_domain.model.attribution import Attribution
from referrals_domain.model.code import CODE_BITS, ReferralCode
from referrals_domain.model.evidence import AddressCheck, CustomerStanding, Evidence
from referrals_domain.model.explanation import Explanation, RuleVerdict, Verdict
from referrals_domain.model.identifiers import (
    AddressDigest,
    CustomerId,
    LinkId,
    OrderId,
    ReferralId,
    RefundId,
)
from referrals_domain.model.link import Channel
from referrals_domain.model.money import Money
from referrals_domain.model.order import Buyer, OrderFacts, OrderSnapshot, Refund
from referrals_domain.model.referral import Cause
from referrals_domain.model.review import Review, ReviewVerdict
from referrals_domain.model.signals import Signal, Source
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

UNHURRIED: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(timezones=st.just(UTC) | zones).map(lambda time: time.replace(fold=0))
customers = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True).map(CustomerId)
numbers = st.integers(0, 10**20 - 1).map(str)
money = st.builds(Money, st.integers(0, 2**63 - 1), st.from_regex(r"[A-Z]{3}", fullmatch=True))
codes = st.integers(0, (1 << CODE_BITS) - 1).map(ReferralCode.of_number)
referrals = st.uuids().map(lambda id_: ReferralId(str(id_)))
digests = st.from_regex(r"[0-9a-f]{32}", fullmatch=True).map(AddressDigest)
signals = st.builds(
    Signal,
    source=st.sampled_from(Source),
    code=codes,
    share=st.none() | referrals,
    channel=st.none() | st.sampled_from(Channel),
) | st.builds(Signal, source=st.sampled_from(Source), share=referrals)

facts = st.builds(
    OrderFacts,
    order_id=numbers.map(OrderId),
    snapshot=st.none()
    | st.builds(
        OrderSnapshot,
        updated_at=times,
        total=money,
        presented=st.none() | money,
        address=st.none() | digests,
    ),
    buyer=st.none() | st.builds(Buyer, updated_at=times, customer_id=customers),
    signals=st.lists(signals, max_size=4),
    test=st.booleans(),
    placed_at=st.none() | times,
    paid_at=st.none() | times,
    cancelled_at=st.none() | times,
    refunds=st.lists(st.builds(Refund, id=numbers.map(RefundId), amount=money), max_size=3),
)
standings = st.builds(
    CustomerStanding,
    known=st.booleans(),
    answered_at=times,
    frequency=st.integers(0, 2**31),
    first_order_time=st.none() | times,
)
evidence = st.builds(
    Evidence,
    merchant_valid=st.none() | st.booleans(),
    customers=st.dictionaries(customers, standings, max_size=3),
    advocate_conversions=st.none() | st.integers(0, 2**31),
    address=st.none()
    | st.builds(AddressCheck, address=digests, customer_id=customers, shared=st.booleans()),
    review=st.none() | st.builds(Review, st.sampled_from(ReviewVerdict), times),
)
attributions = st.builds(
    Attribution,
    referral_link_id=st.uuids().map(lambda id_: LinkId(str(id_))),
    winner=signals,
    beaten=st.lists(signals, max_size=3).map(tuple),
)
explanations = st.builds(
    Explanation,
    decided_at=times,
    program_version=st.integers(1, 2**31),
    verdicts=st.lists(
        st.builds(
            RuleVerdict,
            st.sampled_from(["friend_is_new", "a_rule_of_old"]),
            st.sampled_from(Verdict),
            st.none() | st.sampled_from(Cause),
        ),
        max_size=3,
    ).map(tuple),
)
Value: TypeAlias = OrderFacts | Evidence | Attribution | Explanation
values: SearchStrategy[Value] = st.one_of(facts, evidence, attributions, explanations)


@UNHURRIED
@given(values)
def test_a_value_is_read_back_as_it_was(value: Value) -> None:
    assert from_document(type(value), to_document(value)) == value


@UNHURRIED
@given(values)
def test_a_value_that_was_read_back_has_the_same_document(value: Value) -> None:
    document = to_document(value)
    assert to_document(from_document(type(value), document)) == document


def test_identifiers_are_read_back_as_identifiers() -> None:
    facts = from_document(OrderFacts, to_document(builders.facts()))
    assert type(facts.order_id) is OrderId
    assert type(facts.customer_id) is CustomerId
    assert type(facts.signals[0].code) is ReferralCode
    assert type(facts.signals[0].share) is ReferralId
    moved = from_document(OrderFacts, to_document(builders.facts_from(builders.ADDRESS)))
    assert type(moved.address) is AddressDigest
    evidence = from_document(Evidence, to_document(builders.evidence()))
    assert {type(id_) for id_ in evidence.customers} == {CustomerId}


def test_a_document_says_nothing_about_what_is_not_known() -> None:
    assert to_document(OrderFacts(order_id=OrderId("1"))) == '{"order_id":"1"}'
    assert to_document(Evidence()) == "{}"


@pytest.mark.parametrize(
    "document",
    [
        "{}",
        '{"order_id":"one"}',
        '{"order_id":"1","placed_at":"soon"}',
        '{"order_id":"1","signals":[{"source":"landing_site"}]}',
        '{"order_id":"1","snapshot":{"updated_at":"2026-11-20T15:15:28+00:00"}}',
    ],
)
def test_a_document_of_another_kind_is_an_error(document: str) -> None:
    with pytest.raises(BaseValidationError):
        from_document(OrderFacts, document)
