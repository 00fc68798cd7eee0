"""
How a referral stands, in plain English that a support agent can read out to a customer.

Every sentence rests on what is stored, and is true for as long as the referral stands so: facts
are told as they are known now, reasons as of the decision, because an order may have changed
while its next decision waits for Auth or Core. Nobody is named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from referrals_domain.model.evidence import Evidence
from referrals_domain.model.explanation import Verdict
from referrals_domain.model.order import ReferredOrder
from referrals_domain.model.referral import Cause, Referral
from referrals_domain.model.rules import (
    address_is_not_shared,
    advocate_is_below_the_cap,
    merchant_is_valid,
    program_is_active,
)

if TYPE_CHECKING:
    from referrals_domain.model.evidence import CustomerStanding
    from referrals_domain.model.identifiers import CustomerId
    from referrals_domain.model.order import OrderFacts, OrderSnapshot

_MONTHS: Final = (  # strftime would ask the process's locale
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)


def summary(referral: Referral, order: ReferredOrder | None) -> str:
    r"""
    Tell in one to three sentences why the reward did or did not come.

    Args:
        referral: The referral.
        order: The order that it is bound to, as it was found and decided; None: it waits for one.

    >>> from referrals_domain.testing import builders
    >>> print(*summary(builders.referral(), None).split(". "), sep="\n")
    The advocate shared the link on 18 November 2026
    The reward waits until a friend's order counts for this share.
    """
    return _SENTENCES.get(referral.cause, _refused(_a_rule_refuses))(_Record(referral, order))


@attrs.frozen
class _Record:
    """What is on record about a referral; what is not may be left out of a sentence."""

    referral: Referral
    order: ReferredOrder | None

    @property
    def facts(self) -> OrderFacts | None:
        return self.order.facts if self.order else None

    @property
    def evidence(self) -> Evidence:
        return self.order.evidence if self.order else Evidence()

    @property
    def advocate(self) -> CustomerStanding | None:
        return self._standing(self.referral.customer_id)

    @property
    def friend(self) -> CustomerStanding | None:
        """What Core said of the friend whom the decision was about."""
        return self._standing(self.referral.referred_customer_id)

    @property
    def decided(self) -> str:
        return _day(self.referral.updated_at)

    def rules(self, verdict: Verdict) -> frozenset[str]:
        """Return the rules that said so."""
        explanation = self.order.explanation if self.order else None
        said = explanation.verdicts if explanation else ()
        return frozenset(one.rule for one in said if one.verdict is verdict)

    def _standing(self, customer_id: CustomerId | None) -> CustomerStanding | None:
        return self.evidence.customers.get(customer_id) if customer_id else None


_Telling: TypeAlias = Callable[[_Record], str]


def _waits_for_an_order(record: _Record) -> str:
    return (
        f"The advocate shared the link on {_day(record.referral.opened_at)}. "
        "The reward waits until a friend's order counts for this share."
    )


def _was_opened_by_an_order(record: _Record) -> str:
    return (
        f"A friend ordered by the advocate's link on {_day(record.referral.opened_at)}. "
        "The reward waits until this order counts."
    )


def _waited_in_vain(record: _Record) -> str:
    return (
        f"The advocate shared the link on {_day(record.referral.opened_at)}. "
        f"There is no reward, because by {record.decided} no friend's order counted for this "
        "share and its time was over. An order that was placed in time but reported late still "
        "counts."
    )


def _waits_for_a_person(record: _Record) -> str:
    marks = _marks(record)
    because = f", because {', and '.join(marks)}" if marks else ""
    return (
        f"{_placed(record)} "
        f"The reward waits for a person at the merchant to look at the order{because}."
    )


def _marks(record: _Record) -> list[str]:
    marked = record.rules(Verdict.MARKED)
    marks = []
    if advocate_is_below_the_cap.__name__ in marked:
        marks.append(_too_many(record))
    if address_is_not_shared.__name__ in marked:
        marks.append("another friend of the advocate had ordered from the same place")
    return marks


def _waits_for_payment(record: _Record) -> str:
    return (
        f"{_placed(record)} "
        f"The reward waits for the order to be paid in full; on {record.decided} it was not."
    )


def _waits_for_the_hold(record: _Record) -> str:
    due_at = record.referral.due_at
    until = f"until {_day(due_at)}" if due_at else "as long as the program holds rewards back"
    return (
        f"{_placed(record)}{_paid(record)} The reward waits {until}, and comes then unless "
        "something speaks against the order before that, such as a refund."
    )


def _counts_as_placed(record: _Record) -> str:
    return (
        f"{_placed(record)} "
        f"The advocate has earned the reward: on {record.decided} it was decided that the order "
        "counts."
    )


def _counts_as_paid(record: _Record) -> str:
    return (
        f"{_placed(record)}{_paid(record)} "
        f"The advocate has earned the reward: on {record.decided} it was decided that the order "
        "counts, as it is paid."
    )


def _was_cancelled(record: _Record) -> str:
    cancelled_at = record.facts.cancelled_at if record.facts else None
    on = f" on {_day(cancelled_at)}" if cancelled_at else ""
    return f"{_placed(record)} It was cancelled{on}. {_TAKEN_BACK}"


def _was_refunded(record: _Record) -> str:
    shares = _given_back(record.facts) if record.facts else []
    back = f"{' and '.join(shares)} went back to the friend" if shares else "It was refunded"
    return (
        f"{_placed(record)} {back}, which by {record.decided} was enough to undo the order. "
        f"{_TAKEN_BACK}"
    )


_TAKEN_BACK: Final = "So there is no reward for it, and one that was given before is taken back."


def _refused(because: _Telling) -> _Telling:
    """Return what tells of a refusal, given its reason as of the decision."""
    return lambda record: (
        f"{_placed(record)} There is no reward for it: on {record.decided} it was decided that "
        f"{because(record)}."
    )


def _a_rule_refuses(record: _Record) -> str:
    """Name a rule for which nobody has written a sentence yet."""
    return f"a rule of the program refuses it: {record.referral.cause.replace('_', ' ')}"


def _advocate_was_unknown(record: _Record) -> str:
    unknown = record.advocate if record.advocate and not record.advocate.known else None
    on = f" on {_day(unknown.answered_at)}" if unknown else ""
    return f"the merchant's customer records did not know the advocate{on}"


def _friend_was_not_new(record: _Record) -> str:
    rule = "a friend counts only with their first order"
    friend = record.friend
    if friend and friend.first_order_time:
        return f"{rule}, and this one first ordered on {_day(friend.first_order_time)}"
    if friend and friend.known:
        return f"{rule}, and {friend.frequency} orders of this one were on record"
    return rule


def _merchant_was_inactive(record: _Record) -> str:
    refused = record.rules(Verdict.REFUSED)
    if program_is_active.__name__ in refused:
        return "the merchant had switched the referral program off"
    if merchant_is_valid.__name__ in refused:
        return "the merchant was not active"
    return "the merchant or the referral program was not active"


def _too_many(record: _Record) -> str:
    had = record.evidence.advocate_conversions
    counted = "another referral" if had == 1 else f"{had or ''} other referrals".strip()
    return (
        f"{counted} of the advocate counted on the order's day already, and the program allows no "
        "more a day"
    )


def _a_person_denied_it(record: _Record) -> str:
    review = record.evidence.review
    on = f" on {_day(review.at)}" if review else ""
    return f"it must not count, by a person who looked at it{on}"


_SENTENCES: Final[Mapping[Cause, _Telling]] = {
    Cause.LINK_SHARED: _waits_for_an_order,
    Cause.ORDER_PLACED: _was_opened_by_an_order,
    Cause.NO_ORDER: _waited_in_vain,
    Cause.IN_REVIEW: _waits_for_a_person,
    Cause.AWAITS_PAYMENT: _waits_for_payment,
    Cause.ON_HOLD: _waits_for_the_hold,
    Cause.ORDER_CREATED: _counts_as_placed,
    Cause.ORDER_PAID: _counts_as_paid,
    Cause.ORDER_CANCELLED: _was_cancelled,
    Cause.ORDER_REFUNDED: _was_refunded,
    Cause.TEST_ORDER: _refused(lambda _: "it is a test order"),
    Cause.FRIEND_UNKNOWN: _refused(lambda _: "it names no customer"),
    Cause.SELF_REFERRAL: _refused(
        lambda _: "it is the advocate's own, and nobody can refer themselves"
    ),
    Cause.LINK_REVOKED: _refused(lambda _: "the advocate's link had been revoked before"),
    Cause.OUTSIDE_WINDOW: _refused(
        lambda record: (
            "it came later than the program allows after the referral was opened on "
            f"{_day(record.referral.opened_at)}"
        )
    ),
    Cause.BELOW_MINIMUM: _refused(
        lambda _: "its total was below the least that the program asks for"
    ),
    Cause.FRIEND_ALREADY_REFERRED: _refused(
        lambda _: "another referral with the same friend counts, and a friend counts once"
    ),
    Cause.MERCHANT_INACTIVE: _refused(_merchant_was_inactive),
    Cause.ADVOCATE_UNKNOWN: _refused(_advocate_was_unknown),
    Cause.FRIEND_NOT_NEW: _refused(_friend_was_not_new),
    Cause.VELOCITY_CAP: _refused(_too_many),
    Cause.REVIEW_DENIED: _refused(_a_person_denied_it),
}


def _placed(record: _Record) -> str:
    facts, order_id = record.facts, record.referral.order_id
    order = f"Order {order_id}" if order_id else "An order"
    total = f" for {_total(facts.snapshot)}" if facts and facts.snapshot else ""
    on = f" on {_day(facts.placed_at)}" if facts and facts.placed_at else ""
    return f"{order}{total} was placed{on}."


def _total(snapshot: OrderSnapshot) -> str:
    presented = snapshot.presented
    seen = f" ({presented.amount} {presented.currency} to the friend)" if presented else ""
    return f"{snapshot.total.amount} {snapshot.total.currency}{seen}"


def _paid(record: _Record) -> str:
    paid_at = record.facts.paid_at if record.facts else None
    return f" It was paid by {_day(paid_at)}." if paid_at else ""


def _given_back(facts: OrderFacts) -> list[str]:
    """Return how much of how much went back, in each currency of the order."""
    totals = facts.snapshot.totals if facts.snapshot else ()
    refunds = [refund.amount for refund in facts.refunds]
    return [
        f"{sum(back)} of {total.amount} {total.currency}"
        for total in totals
        if (back := [Decimal(one.amount) for one in refunds if one.currency == total.currency])
    ]


def _day(time: datetime) -> str:
    utc = time.astimezone(UTC)
    return f"{utc.day} {_MONTHS[utc.month - 1]} {utc.year}"
