"""Our client of the Admin API, which asks the test's own Shopify."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import httpx

from referrals_adapters.flow.budget import LocalBudget
from referrals_adapters.shopify.access import Plan, ShopAccess
from referrals_adapters.shopify.admin_api import AdminApi
from referrals_domain.model.identifiers import ShopDomain
from referrals_sandbox.neighbours.shopify_platform.serving import application
from tests.shopify_platform.conftest import SHOP, TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.shopify_platform.conftest import Stand

ACME: Final = ShopDomain(SHOP)
ACCESS: Final = ShopAccess(token=TOKEN, plan=Plan.PLUS)


@asynccontextmanager
async def asking(
    stand: Stand,
    *,
    shops: dict[ShopDomain, ShopAccess] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[AdminApi]:
    """Offer the client within the block; without `transport` it asks the stand."""
    # A connection that ends is half a body here: what serves runs in this process.
    to_stand = httpx.ASGITransport(application(stand.shopify), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport or to_stand) as client:
        yield AdminApi(
            client=client,
            url="https://{shop}/admin/api/2026-10/graphql.json",
            shops=lambda: {ACME: ACCESS} if shops is None else shops,
            budget=LocalBudget(),
            urgent=False,
            retry_after=lambda _: timedelta(milliseconds=1),
        )
