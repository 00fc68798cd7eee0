"""
RFM Analytics: `python -m referrals_sandbox.neighbours.rfm_analytics`.

It scores advocates by what Points announces; of referrals it hears nothing itself. This is the
saga Referrals -> Points -> RFM Analytics.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

import attrs

from referrals_sandbox.neighbours.consumer import run
from referrals_sandbox.neighbours.events import REWARDED, Event
from referrals_sandbox.neighbours.neighbour import Entries, Entry, Neighbour

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HIGHEST_SCORE = 5


@attrs.frozen(kw_only=True)
class Score(Entry):
    """
    A new score of an advocate.

    Args:
        referrals: How many of their referrals are rewarded now.
        score: From 1, no referral, to 5.
    """

    referrals: int
    score: int


class RfmAnalytics(Neighbour):
    """Scores advocates by their rewards."""

    group: ClassVar[str] = "rfm-analytics"
    topics: ClassVar[tuple[str, ...]] = (REWARDED,)

    def __init__(self) -> None:
        self.entries = Entries()
        self._referrals: Counter[str] = Counter()

    def hear(self, event: Event) -> Sequence[Event]:
        """Count a reward, or one that was taken back, and score its advocate anew."""
        merchant_id, customer_id = event.data["merchant_id"], event.data["customer_id"]
        who = f"{merchant_id}/{customer_id}"
        self._referrals[who] += 1 if event.data["points"] > 0 else -1
        self.entries.add(
            Score(
                event_id=event.id,
                referral_id=event.referral_id,
                merchant_id=merchant_id,
                customer_id=customer_id,
                referrals=self._referrals[who],
                score=_score(self._referrals[who]),
            )
        )
        return ()

    def summary(self) -> Mapping[str, object]:
        """Return each advocate's score."""
        return {"scores": {who: _score(count) for who, count in self._referrals.items()}}


def _score(referrals: int) -> int:
    return min(HIGHEST_SCORE, 1 + max(0, referrals))


if __name__ == "__main__":
    run(__doc__, RfmAnalytics())
