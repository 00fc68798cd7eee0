"""Shopify, which is away, keeps things to itself, or answers something else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import attrs

from referrals_sandbox.chaos.faults import Fault
from referrals_sandbox.chaos.lossy_shop import LossyShop
from referrals_sandbox.neighbours.shopify_platform.faults import Faults
from referrals_sandbox.neighbours.shopify_platform.platform import Report


@attrs.frozen(kw_only=True)
class Away(Fault):
    """Shopify, which neither posts nor answers."""

    name: str = "shopify away"
    target: str = "shopify"
    shop: LossyShop

    async def strike(self, seconds: float) -> bool:
        """Have it away; webhooks that wait for its return are hit."""
        await self.shop.leave(seconds)
        await asyncio.sleep(seconds / 2)
        is_hit = (await self.shop.report()).posted.pending > 0
        await asyncio.sleep(seconds / 2)
        return is_hit


@attrs.frozen(kw_only=True)
class Worse(Fault):
    """
    Shopify, which does worse than usual.

    Args:
        name: What kind of fault it is.
        target: What it befalls.
        shop: Whose webhooks and answers.
        faults: What goes wrong.
        befell: Tells how often it has befallen something.
    """

    name: str
    target: str = "shopify"
    shop: LossyShop
    faults: Faults
    befell: Callable[[Report], int]

    async def strike(self, seconds: float) -> bool:
        """Have it do so for a while."""
        before = self.befell(await self.shop.report())
        await self.shop.worsen(self.faults)
        await asyncio.sleep(seconds)
        await self.shop.as_usual()
        return self.befell(await self.shop.report()) > before
