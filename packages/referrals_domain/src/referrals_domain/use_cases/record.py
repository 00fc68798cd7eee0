"""Write transitions down with all that belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from referrals_domain.model.decision import Transition
    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.ports.transaction import Transaction


async def record(tx: Transaction, transitions: Sequence[Transition]) -> Mapping[ReferralKey, int]:
    """
    Save referrals and history, their events, and the cache entries that they make stale.

    Returns:
        The new versions, to be invalidated once the transaction is committed.

    Raises:
        Stale: A referral was saved by somebody else since it was read.
        FriendTaken: Another referral of the merchant holds the friend.
    """
    versions = {moved.referral.key: moved.referral.version for moved in transitions}
    if versions:
        await tx.referrals.save(transitions)
        await tx.stale_statuses.add(versions)
    events = [moved.event for moved in transitions if moved.event]
    if events:
        await tx.outbox.add(events)
    return versions
