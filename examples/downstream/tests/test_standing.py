"""Who is best, and who is not counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from best_advocates.standing import best
from referrals_domain.model.identifiers import CustomerId, OrderId, ReferralId
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from referrals_domain.model.referral import Referral

OTHER = CustomerId("7009")


def shares(number: int, *, completed: int, advocate: CustomerId) -> list[Referral]:
    done, waits = ReferralStatus.COMPLETED, ReferralStatus.PENDING
    return [
        builders.referral(customer_id=advocate, status=done if one < completed else waits)
        for one in range(number)
    ]


def test_a_good_dozen_beats_one_lucky_share() -> None:
    dozen = shares(12, completed=6, advocate=builders.ADVOCATE)
    lucky = shares(1, completed=1, advocate=OTHER)
    assert [one.advocate for one in best([*lucky, *dozen])] == [builders.ADVOCATE, OTHER]


def test_of_equals_the_order_is_always_the_same() -> None:
    one, other = (shares(2, completed=1, advocate=who) for who in (builders.ADVOCATE, OTHER))
    assert best([*one, *other]) == best([*other, *one])


def test_whose_shares_came_to_nothing_is_left_out() -> None:
    assert best(shares(3, completed=0, advocate=OTHER)) == []


def test_only_what_is_completed_now_counts() -> None:
    others = [builders.referral(status=status) for status in ReferralStatus]
    (standing,) = best(others)
    assert (standing.conversion.completed, standing.conversion.shares) == (1, len(ReferralStatus))


def test_a_referral_that_an_order_opened_was_no_share() -> None:
    direct = ReferralId.of_order(builders.MERCHANT, OrderId("1"))
    assert best([builders.referral(id=direct, status=ReferralStatus.COMPLETED)]) == []


def test_who_was_redacted_is_in_no_report() -> None:
    tombstone = CustomerId(f"redacted-{'0' * 32}")
    assert best(shares(1, completed=1, advocate=tombstone)) == []
