"""The comparison at the end of a chaos run finds each kind of disagreement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from referrals_sandbox.chaos.comparison import compare
from referrals_sandbox.chaos.ledger import POSTED, Line, open_ledger, read_ledger
from referrals_sandbox.chaos.observed import Observed, Occurrence, Order, Referral
from referrals_sandbox.neighbours.events import COMPLETED, REVERSED

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def line(topic: str, kind: str = "acknowledged") -> Line:
    return Line(kind=kind, merchant_id="shop", order_id="1", friend_id="7", topic=topic)


def occurrence(type_: str, version: int, **changes: Any) -> Occurrence:
    event = Occurrence(
        id=f"{type_} {version}",
        type=type_,
        merchant_id="shop",
        referral_id="r",
        order_id="1",
        version=version,
        at=NOW + timedelta(seconds=version),
        offset=0,
    )
    return attrs.evolve(event, **changes)


def referral(status: str, *statuses: str) -> Referral:
    return Referral(
        id="r",
        merchant_id="shop",
        order_id="1",
        friend_id="7",
        status=status,
        version=len(statuses),
        history=list(enumerate(statuses, 1)),
    )


COMPLETE = Observed(
    referrals=[referral("COMPLETED", "PENDING", "COMPLETED")],
    orders={("shop", "1"): Order(paid=True, cancelled=False, refunded=False)},
    log=[occurrence(COMPLETED, 2)],
    points={"r": [500]},
    cached={"r": (2, "COMPLETED")},
    copies_dropped=0,
)
UNDONE = attrs.evolve(
    COMPLETE,
    referrals=[referral("REVERSED", "PENDING", "COMPLETED", "REVERSED")],
    orders={("shop", "1"): Order(paid=True, cancelled=True, refunded=True)},
    log=[occurrence(COMPLETED, 2), occurrence(REVERSED, 3)],
    points={"r": [500, -500]},
    cached={},
)
ORDER = [line("orders/create"), line("orders/paid")]
UNDOING = [*ORDER, line("orders/cancelled"), line("refunds/create")]


UNDONE_TWICE = attrs.evolve(
    UNDONE, referrals=[referral("REVERSED", "PENDING", "COMPLETED", "REVERSED", "REVERSED")]
)


@pytest.mark.parametrize(
    ("lines", "observed"), [(ORDER, COMPLETE), (UNDOING, UNDONE), (UNDOING, UNDONE_TWICE)]
)
def test_what_agrees_holds(lines: list[Line], observed: Observed) -> None:
    verdict = compare(lines, observed)

    assert verdict.holds, verdict.findings
    assert (verdict.acknowledged, verdict.deliveries) == (1, len(lines))
    assert verdict.reversed == (lines is UNDOING)


def test_what_was_posted_and_never_acknowledged_is_no_promise() -> None:
    nothing = attrs.evolve(COMPLETE, referrals=[], orders={}, log=[], points={}, cached={})

    assert compare([line("orders/create", POSTED)], nothing).holds


@pytest.mark.parametrize(
    ("lines", "observed"),
    [
        (ORDER, attrs.evolve(COMPLETE, referrals=[], cached={})),
        (ORDER, attrs.evolve(COMPLETE, orders={})),
        (ORDER, attrs.evolve(COMPLETE, log=[])),
        (ORDER, attrs.evolve(COMPLETE, points={})),
        (UNDOING, COMPLETE),
        (ORDER, UNDONE),
        (UNDOING, attrs.evolve(UNDONE, log=UNDONE.log[:1])),
        (UNDOING, attrs.evolve(UNDONE, points={"r": [500]})),
        *(
            (
                UNDOING,
                attrs.evolve(
                    UNDONE,
                    orders={key: attrs.evolve(order, **{fact: False})},
                ),
            )
            for key, order in UNDONE.orders.items()
            for fact in ("paid", "cancelled", "refunded")
        ),
    ],
)
def test_what_has_no_effect_is_lost(lines: list[Line], observed: Observed) -> None:
    counts = compare(lines, observed).counts

    assert counts == {**dict.fromkeys(counts, 0), "lost": 1}


def test_a_second_completion_is_found_on_kafka() -> None:
    again = occurrence(COMPLETED, 3, id="another", referral_id="other")

    verdict = compare(ORDER, attrs.evolve(COMPLETE, log=[*COMPLETE.log, again]))

    assert verdict.counts["completed_twice"] == 1


def test_a_second_completion_of_a_friend_is_found_in_postgresql() -> None:
    other = attrs.evolve(COMPLETE.referrals[0], id="other", order_id="2")

    verdict = compare(ORDER, attrs.evolve(COMPLETE, referrals=[*COMPLETE.referrals, other]))

    assert verdict.counts["completed_twice"] == 1


def test_a_second_credit_is_found_though_it_was_taken_back() -> None:
    verdict = compare(ORDER, attrs.evolve(COMPLETE, points={"r": [500, 500, -500]}))

    assert verdict.counts == {**dict.fromkeys(verdict.counts, 0), "rewarded_twice": 1}


def test_copies_are_in_order_and_first_occurrences_must_be() -> None:
    completed, undone = UNDONE.log
    copy = attrs.evolve(completed, at=NOW + timedelta(seconds=9), offset=1)
    late = attrs.evolve(completed, at=NOW + timedelta(seconds=9))
    behind = occurrence(COMPLETED, 4, at=undone.at, offset=-1)

    with_copy = compare(UNDOING, attrs.evolve(UNDONE, log=[completed, undone, copy]))
    at_once = attrs.evolve(completed, at=undone.at, offset=1)
    same_moment = compare(UNDOING, attrs.evolve(UNDONE, log=[at_once, undone]))
    out_of_order = compare(UNDOING, attrs.evolve(UNDONE, log=[undone, late]))
    in_one_topic = compare(UNDOING, attrs.evolve(UNDONE, log=[behind, completed, undone]))

    assert with_copy.holds
    assert same_moment.holds
    assert out_of_order.counts["out_of_order"] == 1
    assert in_one_topic.counts["out_of_order"] == 1


@pytest.mark.parametrize("cached", [(1, "PENDING"), (2, "REVERSED")])
def test_a_cached_status_that_is_none_is_stale(cached: tuple[int, str]) -> None:
    verdict = compare(ORDER, attrs.evolve(COMPLETE, cached={"r": cached}))

    assert verdict.counts == {**dict.fromkeys(verdict.counts, 0), "stale_at_rest": 1}


async def test_the_ledger_keeps_what_it_was_told(tmp_path: Path) -> None:
    posted = line("orders/create", POSTED)
    async with open_ledger(tmp_path / "ledger") as ledger:
        await ledger.write(posted)
        on_disk = read_ledger(tmp_path / "ledger")
        await ledger.write(posted.acknowledged())

    assert on_disk == [posted]
    assert read_ledger(tmp_path / "ledger") == [posted, line("orders/create")]
