"""
Points: `python -m referrals_sandbox.neighbours.points`.

It rewards the advocate of each referral that completed, takes the reward back from one that was
reversed, and announces both as `points.rewarded`. The two topics have no mutual order, so of the
events of one referral that with the greatest version counts, whichever comes first.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID, uuid5

import attrs

from referrals_sandbox.neighbours.consumer import run
from referrals_sandbox.neighbours.events import COMPLETED, REVERSED, REWARDED, Event
from referrals_sandbox.neighbours.neighbour import Entries, Entry, Neighbour

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REWARD = 500
"""Points for a referral."""


@attrs.frozen(kw_only=True)
class Reward(Entry):
    """
    Points credited to an advocate, or taken back.

    Args:
        reward_id: The reward; the same for the same event.
        points: How many; negative if taken back.
        balance: What the advocate has now.
    """

    reward_id: str
    points: int
    balance: int


class Points(Neighbour):
    """Credits advocates, once per event."""

    group: ClassVar[str] = "points"
    topics: ClassVar[tuple[str, ...]] = (COMPLETED, REVERSED)
    announces: ClassVar[tuple[str, ...]] = (REWARDED,)

    def __init__(self) -> None:
        self.entries = Entries()
        self._latest: dict[str, tuple[int, int]] = {}  # of a referral: version, points
        self._balances: Counter[str] = Counter()
        self._credits: Counter[str] = Counter()
        self._debits: Counter[str] = Counter()

    def hear(self, event: Event) -> Sequence[Event]:
        """Credit what the event is worth beyond what its referral has earned so far."""
        version, earned = self._latest.get(event.referral_id, (0, 0))
        if event.data["version"] < version:
            return ()
        worth = REWARD if event.type == COMPLETED else 0
        self._latest[event.referral_id] = (event.data["version"], worth)
        if worth == earned:
            return ()
        return (_announcement(self._book(event, worth - earned), event),)

    def summary(self) -> Mapping[str, object]:
        """Return the balances, and how often each advocate was credited and debited."""
        return {
            "balances": self._balances,
            "credits": self._credits,
            "debits": self._debits,
            "rewarded_referrals": sum(1 for _, points in self._latest.values() if points),
        }

    def _book(self, event: Event, points: int) -> Reward:
        merchant_id, customer_id = event.data["merchant_id"], event.data["customer_id"]
        who = f"{merchant_id}/{customer_id}"
        self._balances[who] += points
        (self._credits if points > 0 else self._debits)[who] += 1
        reward = Reward(
            event_id=event.id,
            referral_id=event.referral_id,
            merchant_id=merchant_id,
            customer_id=customer_id,
            reward_id=str(uuid5(UUID(event.id), REWARDED)),
            points=points,
            balance=self._balances[who],
        )
        self.entries.add(reward)
        return reward


def _announcement(reward: Reward, event: Event) -> Event:
    return Event(id=reward.reward_id, type=REWARDED, time=event.time, data=attrs.asdict(reward))


if __name__ == "__main__":
    run(__doc__, Points())
