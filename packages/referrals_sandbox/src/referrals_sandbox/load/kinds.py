"""What friends do who order, and what must become of that."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from referrals_domain.model.referral import Cause, ReferralStatus


class Kind(StrEnum):
    """
    What is behind an order.

    What our rules can see is called as the cause by which they refuse it.
    """

    HONEST = "honest"
    """A friend's first order."""

    SECOND_ACCOUNT = "second_account"
    """The advocate's own, from an account that the shop takes for somebody new."""

    SELF_REFERRAL = Cause.SELF_REFERRAL.value
    FRIEND_NOT_NEW = Cause.FRIEND_NOT_NEW.value
    FRIEND_UNKNOWN = Cause.FRIEND_UNKNOWN.value
    FRIEND_ALREADY_REFERRED = Cause.FRIEND_ALREADY_REFERRED.value
    OUTSIDE_WINDOW = Cause.OUTSIDE_WINDOW.value
    BELOW_MINIMUM = Cause.BELOW_MINIMUM.value
    TEST_ORDER = Cause.TEST_ORDER.value
    LINK_REVOKED = Cause.LINK_REVOKED.value
    VELOCITY_CAP = Cause.VELOCITY_CAP.value

    @property
    def cause(self) -> Cause | None:
        """Why our rules refuse it; None: they do not."""
        return None if self in _NOT_REFUSED else Cause(self.value)


SUSPICIOUS: Final = tuple(kind for kind in Kind if kind is not Kind.HONEST)
"""What must not be rewarded."""

_NOT_REFUSED: Final = frozenset({Kind.HONEST, Kind.SECOND_ACCOUNT})


class Trace(StrEnum):
    """What an order still carries of the share that it came of."""

    ALL = "all"
    """The cart's attributes, the discount code and the landing page."""

    LANDING_PAGE = "landing_page"
    """The landing page alone."""

    CODE = "code"
    """The discount code alone: the link is known, the share is not."""

    NOTHING = "nothing"
    """Nothing at all: nobody can know."""


class Outcome(NamedTuple):
    """Where an order's referral must stand, and why."""

    status: ReferralStatus
    cause: Cause
