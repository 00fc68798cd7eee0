"""Settle a batch of orders within one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, TypeAlias

import attrs

from referrals_domain.model.decision import Transition, Undecided
from referrals_domain.model.delivery import ClaimedDelivery, Outcome
from referrals_domain.model.evidence import Answers, Questions
from referrals_domain.model.identifiers import OrderKey
from referrals_domain.model.order import OrderFacts
from referrals_domain.use_cases.load_docket import load_docket
from referrals_domain.use_cases.postpone import postpone
from referrals_domain.use_cases.record import record

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.ports.transaction import Transaction
    from referrals_domain.use_cases.docket import Docket

Batch: TypeAlias = Mapping[OrderKey, Sequence[ClaimedDelivery]]


@attrs.frozen(kw_only=True)
class Inquiry:
    """
    What was asked about a batch, and what was answered.

    Args:
        questions: The questions that each order raised.
        answers: The answers to all of them.
    """

    questions: Mapping[OrderKey, Questions]
    answers: Answers


async def settle_orders(
    tx: Transaction,
    batch: Batch,
    inquiry: Inquiry,
    *,
    at: datetime,
    retry_after: Callable[[int], timedelta],
) -> Mapping[ReferralKey, int]:
    """
    Lock, merge, decide and save; deliveries that cannot be decided yet are postponed.

    Facts and evidence are saved even so: what was asked once is not asked again.

    Returns:
        The new versions of the referrals that changed.

    Raises:
        Stale: A referral was saved by somebody else since it was read.
        FriendTaken: Another order took the friend meanwhile.
    """
    asked = {one for questions in inquiry.questions.values() for one in questions.customers}
    docket = await load_docket(tx, facts_of(batch), lock=True, asked=asked)
    _learn(docket, inquiry)
    moves: list[Transition] = []
    outcomes: dict[int, Outcome] = {}
    waiting: list[tuple[ClaimedDelivery, datetime]] = []
    for key, deliveries in batch.items():
        if key not in docket.orders:
            outcomes |= dict.fromkeys((one.id for one in deliveries), Outcome.FOREIGN_ORDER)
            continue
        settled = docket.settle(key, at=at)
        if isinstance(settled, Undecided):
            not_before = settled.not_before or at
            waiting += [
                (one, max(not_before, at + retry_after(one.attempts))) for one in deliveries
            ]
        else:
            outcomes |= dict.fromkeys((one.id for one in deliveries), Outcome.SETTLED)
            moves += settled
    await tx.orders.save(docket.orders.values(), at=at)
    versions = await record(tx, moves)
    await tx.deliveries.finish(outcomes)
    await postpone(tx, waiting, at=at)
    return versions


def facts_of(batch: Batch) -> Mapping[OrderKey, OrderFacts]:
    """Merge what the deliveries of each order say."""
    return {
        key: reduce(OrderFacts.merge, (delivery.facts for delivery in deliveries))
        for key, deliveries in batch.items()
    }


def _learn(docket: Docket, inquiry: Inquiry) -> None:
    """Give each order the answers to its own questions, also about who was redacted since."""
    names = docket.redacted.names
    answers = inquiry.answers.renamed(names)
    for key in inquiry.questions.keys() & docket.orders.keys():
        order = docket.orders[key]
        evidence = order.evidence.with_answers(inquiry.questions[key].renamed(names), answers)
        docket.orders[key] = attrs.evolve(order, evidence=evidence)
