"""The referrals in memory."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

from referrals_domain.errors import FriendTaken, Stale
from referrals_domain.ports.referrals import Referrals
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from referrals_domain.model.decision import Transition
    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import Referral


@attrs.frozen
class InMemoryReferrals(Referrals):
    """The referrals in memory."""

    state: State

    async def get(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, Referral]:
        """Return the referrals that exist."""
        return {key: self.state.referrals[key] for key in keys if key in self.state.referrals}

    async def lock(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, Referral]:
        """Return those that exist; the whole store is locked."""
        return await self.get(keys)

    async def save(self, transitions: Sequence[Transition]) -> None:
        """Save new versions with their history, all or none."""
        saved = dict(self.state.referrals)
        for transition in transitions:
            after = transition.referral
            before = saved.get(after.key)
            if (before.version if before else 0) != after.version - 1:
                raise Stale("the referral was saved by somebody else")
            saved[after.key] = after
        orders = Counter((one.merchant_id, one.order_id) for one in saved.values() if one.order_id)
        if any(count > 1 for count in orders.values()):
            raise Stale("another referral is bound to the order")
        friends = Counter(one.friend for one in saved.values() if one.holds_the_friend)
        if any(count > 1 for friend, count in friends.items() if friend):
            raise FriendTaken("another referral holds the friend")
        self.state.referrals |= saved
        self.state.history |= {
            (one.referral.key, one.referral.version): one for one in transitions
        }
