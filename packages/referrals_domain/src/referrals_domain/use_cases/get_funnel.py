"""Show the funnel of a merchant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.funnel import ChannelFunnel, Days, funnels
from referrals_domain.ports.clock import Clock
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import MerchantId
    from referrals_domain.model.link import Channel


@attrs.frozen(kw_only=True)
class Funnel:
    """
    The funnel of a merchant.

    Args:
        days: The days that are counted.
        channels: The channels by which anything happened on these days.
    """

    days: Days
    channels: Sequence[ChannelFunnel]


@attrs.frozen(kw_only=True)
class GetFunnel:
    """Show the funnel of a merchant by channel and day."""

    begin: Callable[[], Transaction]
    clock: Clock

    async def __call__(
        self, merchant_id: MerchantId, *, days: Days | None = None, channel: Channel | None = None
    ) -> Funnel:
        """
        Count what happened.

        Args:
            merchant_id: The merchant.
            days: The days; None: today and the 29 days before.
            channel: The only channel that is wanted; None: all.
        """
        days = days or Days.until(self.clock.now())
        async with self.begin() as tx:
            opened = await tx.funnel.opened(merchant_id, days)
            followed = await tx.funnel.followed(merchant_id, days)
        channels = funnels(opened, followed)
        wanted = [one for one in channels if channel in {None, one.channel}]
        return Funnel(days=days, channels=wanted)
