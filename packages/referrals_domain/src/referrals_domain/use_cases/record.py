"""Write transitions down with all that belongs to them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from referrals_domain.model.decision import Transition
    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.ports.status_cache import StatusCache
    from referrals_domain.ports.transaction import Transaction


@asynccontextmanager
async def telling(cache: StatusCache) -> AsyncIterator[dict[ReferralKey, int]]:
    """
    Tell the cache of the new versions that were noted in the block, once it has ended well.

    Enter it before the transaction: what was not committed is not told, and nobody waits for the
    cache while rows are locked.
    """
    versions: dict[ReferralKey, int] = {}
    yield versions
    if versions:
        await cache.invalidate(versions)


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
