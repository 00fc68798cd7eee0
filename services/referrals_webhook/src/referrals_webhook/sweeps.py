"""The sweeps of all shops: what Shopify has is held against what came."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.errors import NotFound, Unauthenticated, Unavailable
from referrals_domain.model.identifiers import ShopDomain
from referrals_domain.use_cases.keep_subscriptions import KeepSubscriptions
from referrals_domain.use_cases.reconcile_shop import ReconcileShop

if TYPE_CHECKING:
    from referrals_domain.model.reconciliation import Drift

_AT_ONCE: Final = 8
"""Shops; a sweep mostly waits, for Shopify or for the shop's own budget."""

_logger: Final = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Sweeps:
    """
    The sweeps of all shops that gave access.

    Args:
        shops: Returns the shops.
        reconcile: Sweeps one.
        keep_subscriptions: Has Shopify post what it should.
        reconciled: Told how many orders were found to be what.
    """

    shops: Callable[[], Collection[ShopDomain]]
    reconcile: ReconcileShop
    keep_subscriptions: KeepSubscriptions
    reconciled: Callable[[str, int], None]

    async def all(self) -> None:
        """Sweep every shop, some at a time; what keeps from one keeps from no other."""
        turns = asyncio.Semaphore(_AT_ONCE)

        async def sweep_in_turn(shop: ShopDomain) -> None:
            async with turns:
                await self._sweep(shop)

        async with asyncio.TaskGroup() as sweeps:
            for shop in sorted(self.shops()):
                sweeps.create_task(sweep_in_turn(shop))

    async def _sweep(self, shop: ShopDomain) -> None:
        try:
            if topics := await self.keep_subscriptions(shop):
                _logger.warning("subscriptions were put back", extra={"count": len(topics)})
            *_, drift = [drift async for drift in self.reconcile(shop)]
        except NotFound:  # it gave access, and has no program yet
            return
        except (Unauthenticated, Unavailable) as error:
            _logger.warning("a shop could not be swept", extra={"reason": str(error)})
        except Exception:  # nobody foresaw it, and it must keep back no other shop
            _logger.exception("a sweep failed, and the others go on")
        else:
            self._tell(drift)

    def _tell(self, drift: Drift) -> None:
        missing = len(drift.missing)
        self.reconciled("known", drift.known)
        self.reconciled("missing", missing)
        self.reconciled("unreadable", len(drift.unreadable))
        if missing:
            _logger.warning("orders were missing, and are taken in", extra={"count": missing})
        if drift.unreadable:
            _logger.error("orders cannot be read", extra={"count": len(drift.unreadable)})
