"""The referrals of every merchant."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from referrals_domain.model.decision import Transition
    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import Referral


class Referrals(Protocol):
    """The referrals of every merchant, with the history of each."""

    @abstractmethod
    async def get(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, Referral]:
        """Return the referrals that exist."""

    @abstractmethod
    async def lock(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, Referral]:
        """Return those that exist; nobody else locks or changes them before the end."""

    @abstractmethod
    async def save(self, transitions: Sequence[Transition]) -> None:
        """
        Save new versions, each with its line of history, all or none.

        Several transitions of one referral stand in the order of their versions.

        Raises:
            Stale: A referral was saved by somebody else since it was read.
            FriendTaken: Another referral of the merchant holds the friend.
        """
