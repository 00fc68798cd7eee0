"""The comparison of what was promised with what became of it: pure, so that it can be tested."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import TYPE_CHECKING, Final

import attrs

from referrals_sandbox.chaos.ledger import ACKNOWLEDGED, Line
from referrals_sandbox.neighbours.events import COMPLETED, REVERSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from referrals_sandbox.chaos.observed import Observed, Occurrence, Referral

_PAID: Final = "orders/paid"
_CANCELLED: Final = "orders/cancelled"
_REFUNDED: Final = "refunds/create"
_UNDONE: Final = frozenset({_CANCELLED, _REFUNDED})
_KINDS: Final = ("lost", "completed_twice", "rewarded_twice", "out_of_order", "stale_at_rest")


@attrs.frozen(kw_only=True)
class Verdict:
    """
    What the comparison found.

    Args:
        acknowledged: Orders of which at least one delivery was answered 200.
        deliveries: Deliveries that were answered 200, each counted once.
        reversed: Orders that were undone, acknowledged, and whose referral is reversed.
        findings: Everything that is wrong, by its kind: whom it befell, and what it is.
        duplicates_dropped: Copies on Kafka that a consumer dropped.
    """

    acknowledged: int
    deliveries: int
    reversed: int
    findings: Mapping[str, Sequence[str]]
    duplicates_dropped: int

    @property
    def counts(self) -> dict[str, int]:
        """How many orders or referrals each kind of disagreement befell."""
        return {kind: len(self.findings[kind]) for kind in _KINDS}

    @property
    def holds(self) -> bool:
        """Whether nothing disagrees."""
        return not any(self.findings.values())


def compare(lines: Iterable[Line], observed: Observed) -> Verdict:
    """Compare the ledger with PostgreSQL, Kafka, Points and Redis, all at rest."""
    topics: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in lines:
        if line.kind == ACKNOWLEDGED:
            topics[line.merchant_id, line.order_id].add(line.topic)
    return Verdict(
        acknowledged=len(topics),
        deliveries=sum(map(len, topics.values())),
        reversed=sum(
            1
            for key, reported in topics.items()
            if reported & _UNDONE and _status(observed, key) == "REVERSED"
        ),
        findings={
            "lost": [
                f"order {key[1]} of {key[0]}: {', '.join(missing)}"
                for key, reported in topics.items()
                if (missing := list(_missing(key, reported, observed)))
            ],
            "completed_twice": list(_completed_twice(observed)),
            "rewarded_twice": list(_rewarded_twice(observed)),
            "out_of_order": list(_out_of_order(observed)),
            "stale_at_rest": list(_stale(observed)),
        },
        duplicates_dropped=observed.copies_dropped,
    )


def _status(observed: Observed, key: tuple[str, str]) -> str | None:
    referral = observed.referral_of(key)
    return referral.status if referral else None


def _missing(key: tuple[str, str], reported: set[str], observed: Observed) -> Iterator[str]:
    """Yield what was acknowledged of an order and has no effect."""
    order, referral = observed.orders.get(key), observed.referral_of(key)
    if order is None or referral is None:
        yield "it has no referral"
        return
    if _PAID in reported and not order.paid:
        yield "its payment is not among its facts"
    if _CANCELLED in reported and not order.cancelled:
        yield "its cancellation is not among its facts"
    if _REFUNDED in reported and not order.refunded:
        yield "its refund is not among its facts"
    expected = "REVERSED" if reported & _UNDONE else "COMPLETED"
    if referral.status != expected:
        yield f"its referral is {referral.status}, not {expected}"
    yield from _untold(referral, observed)


def _untold(referral: Referral, observed: Observed) -> Iterator[str]:
    """Yield what Kafka and Points do not know of a referral's course."""
    told = {(one.type, one.version) for one in observed.events_of(referral.id)}
    counts = False  # as consumers see it; a second cause of the same changes nothing for them
    for version, status in referral.history:
        if status == "COMPLETED" and not counts and (COMPLETED, version) not in told:
            yield f"version {version} completed, and no event tells"
        if status == "REVERSED" and counts and (REVERSED, version) not in told:
            yield f"version {version} was reversed, and no event tells"
        counts = status == "COMPLETED"
    earned = sum(observed.points.get(referral.id, ()))
    if (earned > 0) != (referral.status == "COMPLETED"):
        yield f"it is {referral.status}, and Points gives {earned}"


def _completed_twice(observed: Observed) -> Iterator[str]:
    """Yield orders and friends for whom more than one completion was recorded or announced."""
    events = {one.id: one for one in observed.log if one.type == COMPLETED}.values()
    completed = [one for one in observed.referrals if "COMPLETED" in dict(one.history).values()]
    for what, whose in (
        ("announced for order", [(one.merchant_id, one.order_id) for one in events]),
        ("recorded for order", [(one.merchant_id, one.order_id) for one in completed]),
        ("recorded for friend", [(one.merchant_id, one.friend_id) for one in completed]),
    ):
        yield from (f"{what} {key}: {n} times" for key, n in Counter(whose).items() if n > 1)


def _rewarded_twice(observed: Observed) -> Iterator[str]:
    for referral_id, entries in observed.points.items():
        credited = sum(1 for points in entries if points > 0)
        if credited > 1:
            yield f"referral {referral_id} was credited {credited} times"


def _out_of_order(observed: Observed) -> Iterator[str]:
    """
    Yield referrals whose events did not first appear in the order of their versions.

    Within a partition the place tells; the two topics share none, so between them the time does,
    which has milliseconds.
    """
    for referral_id, events in observed.events.items():
        first: dict[str, Occurrence] = {}
        for one in events:  # in the order of each partition
            first.setdefault(one.id, one)
        if any(_before(later, one) for one, later in permutations(first.values(), 2)):
            yield f"referral {referral_id}: {[(one.version, one.at) for one in first.values()]}"


def _before(later: Occurrence, one: Occurrence) -> bool:
    """Tell whether an event of a greater version lies before the other."""
    if later.version <= one.version:
        return False
    if later.type == one.type:
        return later.offset < one.offset
    return later.at < one.at


def _stale(observed: Observed) -> Iterator[str]:
    for referral in observed.referrals:
        cached = observed.cached.get(referral.id)
        if cached is not None and cached != (referral.version, referral.status):
            yield f"referral {referral.id} is cached as {cached}, and is {referral.status}"
