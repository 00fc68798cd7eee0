"""A replica that answers while the primary is away."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs

from referrals_adapters.flow.breaker import Breaker
from referrals_domain.errors import Unavailable
from referrals_domain.ports.statuses import Statuses

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import ReferralKey
    from referrals_domain.model.referral import StatusView


@attrs.frozen(kw_only=True)
class StatusesWithReplica(Statuses):
    """
    The primary's statuses; while it is away, those of a replica.

    A primary that does not answer within the patience counts as away; what it was asked ends in
    its own time. Use it with `contextlib.aclosing`.

    Args:
        primary: What the primary says.
        replica: What a replica of it says; its views are stale.
        patience: How long the primary is waited for.
        breaker: Keeps from waiting again for a primary that did not answer lately.
    """

    primary: Statuses
    replica: Statuses
    patience: timedelta = timedelta(seconds=1)
    breaker: Breaker = attrs.field(factory=Breaker)
    _asking: set[asyncio.Task[Any]] = attrs.field(factory=set, init=False)

    async def read(self, keys: Collection[ReferralKey]) -> Mapping[ReferralKey, StatusView | None]:
        """Return what the primary says, or else what the replica does."""
        found = await self._ask_primary(keys) if self.breaker.allows() else None
        return await self.replica.read(keys) if found is None else found

    async def aclose(self) -> None:
        """Return when nothing is asked of the primary any more."""
        while self._asking:
            await asyncio.wait(self._asking)

    async def _ask_primary(
        self, keys: Collection[ReferralKey]
    ) -> Mapping[ReferralKey, StatusView | None] | None:
        """Return what the primary says; None if it is away."""
        asking = asyncio.ensure_future(self.primary.read(keys))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
        try:
            async with asyncio.timeout(self.patience.total_seconds()):
                found = await asyncio.shield(asking)
        except (TimeoutError, Unavailable):
            self.breaker.failed()
            return None
        self.breaker.succeeded()
        return found
