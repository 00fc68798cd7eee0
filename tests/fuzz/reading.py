"""What must hold of whatever is read in any bytes."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from functools import reduce
from itertools import product
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from referrals_adapters.shopify.address import AddressKey
from referrals_adapters.shopify.payloads import READERS, UnreadableOrder
from referrals_adapters.shopify.privacy import PRIVACY_READERS, read_uninstalled
from referrals_adapters.shopify.signals import MOST_SIGNALS
from referrals_adapters.wire.documents import from_document, to_document
from referrals_adapters.wire.events import event_message
from referrals_domain.model.decision import Decision, Undecided, decide, explain, transition
from referrals_domain.model.evidence import Evidence
from referrals_domain.model.explanation import Verdict
from referrals_domain.model.order import OrderFacts
from referrals_domain.model.program import CompleteOn
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.testing import builders
from tests.domain.cases import SIGNAL, case_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from referrals_domain.model.rules import Case

T = TypeVar("T")

KEY: Final = AddressKey("shpss_1", builders.SHOP)
BLANK: Final = OrderFacts(order_id=builders.ORDER)
PROGRAMS: Final = (
    builders.program(),
    builders.program(complete_on=CompleteOn.ORDER_PAID, hold=timedelta(days=14)),
    builders.program(minimum_order=5000, refund_percent=40, review=True),
)
LONG_AFTER: Final = timedelta(days=400)


def require_readable_or_not(bodies: Sequence[bytes]) -> None:
    """
    Check what every topic's reader makes of bodies, and what follows from all of it together.

    Whatever else is raised, or does not hold, is a mistake.
    """
    for body in bodies:
        _require_notice_or_not(body)
    known = [facts for body in bodies for facts in _facts_in(body)]
    for facts in known:
        _require_facts(facts)
    if known:
        whole = _require_a_join(known)
        for case in _cases(whole):
            _require_a_decision(case)


def _facts_in(body: bytes) -> Iterator[OrderFacts]:
    """Read an order and a refund, each as if it were of the same order."""
    for read in dict.fromkeys(READERS.values()):
        order = _told(lambda read=read: read(body, addresses=KEY))  # type: ignore[misc]
        if order:
            assert order.counts == (bool(order.facts.signals) or order.facts.undoes)
            yield attrs.evolve(order.facts, order_id=builders.ORDER)


def _require_notice_or_not(body: bytes) -> None:
    for read in PRIVACY_READERS.values():
        called = _told(lambda read=read: read(body, at=builders.PLACED_AT))  # type: ignore[misc]
        if called:
            assert called.named_host == called.named_host.lower()
            called.call.mentions.are_in(body)
    _told(lambda: read_uninstalled(body))


def _told(read: Callable[[], T]) -> T | None:
    """Read, or be told that it cannot be read: in words that come with nothing of the body."""
    error: UnreadableOrder | None = None
    try:
        return read()
    except UnreadableOrder as unreadable:
        error = unreadable
    assert error.reason
    assert error.__context__ is None
    return None


def _require_facts(facts: OrderFacts) -> None:
    """Facts are bounded and in UTC, merge with themselves to themselves, and can be stored."""
    assert len(facts.signals) <= MOST_SIGNALS
    times = (facts.placed_at, facts.paid_at, facts.cancelled_at)
    assert all(time.tzinfo is UTC for time in times if time)
    assert facts.merge(facts) == facts.merge(BLANK) == BLANK.merge(facts) == facts
    document = to_document(facts)
    document.encode()
    assert from_document(OrderFacts, document) == facts


def _require_a_join(known: Sequence[OrderFacts]) -> OrderFacts:
    """All facts give one whole, however they come and however often; return it."""
    whole = reduce(_merge, known)
    assert reduce(_merge, reversed(known)) == whole
    assert reduce(lambda rest, one: one.merge(rest), known) == whole
    assert reduce(_merge, [*known, *known], whole) == whole
    return whole


def _merge(one: OrderFacts, other: OrderFacts) -> OrderFacts:
    return one.merge(other)


def _cases(whole: OrderFacts) -> Iterator[Case]:
    if whole.snapshot is None or whole.placed_at is None:
        return  # a refund alone decides nothing
    parties: dict[Any, Any] = {builders.ADVOCATE: builders.standing(frequency=3)}
    if whole.customer_id:
        parties[whole.customer_id] = builders.standing(known=False)
    shared_at = whole.placed_at - timedelta(days=1)
    share = builders.referral(opened_at=shared_at, updated_at=shared_at)
    answered = Evidence(merchant_valid=True, customers=parties)
    for program, evidence in product(PROGRAMS, (Evidence(), answered)):
        yield case_of(whole, program=program, evidence=evidence, referral=share)


def _require_a_decision(case: Case) -> None:
    """A decision is the same whenever it is made of the same, and its event can be published."""
    at = case.placed_at + LONG_AFTER
    decided = decide(case, at=at)
    stored = from_document(OrderFacts, to_document(case.facts))
    assert stored.snapshot is not None
    again = attrs.evolve(case, facts=stored, snapshot=stored.snapshot)
    assert decide(again, at=at) == decided
    if isinstance(decided, Undecided):
        assert decided.questions
        return
    refused = any(one.verdict is Verdict.REFUSED for one in explain(case, at=at).verdicts)
    if decided.status is ReferralStatus.COMPLETED:
        assert not refused
        assert not case.facts.test
        assert case.facts.cancelled_at is None
    elif case.facts.cancelled_at:
        assert decided.status is ReferralStatus.REVERSED
    _require_an_event(case, decided)


def _require_an_event(case: Case, decided: Decision) -> None:
    at = case.placed_at + LONG_AFTER
    done = transition(case.referral, case, decided, signal=SIGNAL, at=at)
    assert done
    assert bool(done.event) == (decided.status is ReferralStatus.COMPLETED)
    if done.event:
        data = json.loads(event_message(done.event).value)
        assert data["referred_customer_id"] == case.facts.customer_id
